/** What the test needs to find the bundle and to run it outside of a browser. A page needs none of it. */
export default {
  build: {
    modulePreload: { polyfill: false },
    rollupOptions: { output: { entryFileNames: "assets/[name].js" } },
  },
};
