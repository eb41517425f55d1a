/** Draws curves as SVG. */

import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Curve } from "./figures.ts";

const SIZE = { width: 520, height: 280 };

function specOf({ title, x, y, series }: Curve): TopLevelSpec {
  const values = series.flatMap(({ name, points }) =>
    points.filter((point) => point.every((value) => value > 0)).map(([at, value]) => ({ [x]: at, [y]: value, name }))
  );
  const axis = (field: string) => ({
    field,
    type: "quantitative" as const,
    scale: { type: "log" as const },
    axis: { grid: true, tickCount: 4 },
  });
  return {
    ...SIZE,
    title,
    background: "white",
    data: { values },
    mark: { type: "line", point: true },
    encoding: { x: axis(x), y: axis(y), color: { field: "name", type: "nominal", title: null } },
  };
}

/** Returns the plot of a curve. */
export async function svgOf(curve: Curve): Promise<string> {
  const view = new View(parse(compile(specOf(curve)).spec), { renderer: "none" });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}
