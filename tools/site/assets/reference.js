// Replaces the script of `deno doc`: the theme is the one that the reader chose on the guides (VitePress's key), and
// without a choice it follows the system.
const KEY = "vitepress-theme-appearance";
const system = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = localStorage.getItem(KEY);
  return chosen === "dark" || chosen !== "light" && system.matches;
}

function show() {
  document.documentElement.classList.toggle("dark", isDark());
  const [moon, sun] = document.getElementById("theme-toggle")?.children ?? [];
  moon?.classList.toggle("hidden", isDark());
  sun?.classList.toggle("hidden", !isDark());
}

show();
system.addEventListener("change", show);
addEventListener("DOMContentLoaded", () => {
  const toggle = document.getElementById("theme-toggle");
  if (toggle === null) return;
  toggle.removeAttribute("style");
  toggle.addEventListener("click", () => {
    const wanted = isDark() ? "light" : "dark";
    // A choice that equals the system's is none: the theme then follows the system again, as on the guides.
    localStorage.setItem(KEY, wanted === (system.matches ? "dark" : "light") ? "auto" : wanted);
    show();
  });
  show();
});
