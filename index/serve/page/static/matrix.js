// matrix.js draws small matrices as tables and long vectors as strips of color.

import {h, short} from "./dom.js";

/** A table of numbers, colored by value. names are those of the rows, columns those of the columns;
 *  formula(i, j) is the text that explains a cell: it appears below when the cell has the pointer or
 *  the focus. chosen(i, j) highlights a cell. */
export function matrix(rows, {names = [], columns = [], caption, formula, chosen, digits = short} = {}) {
  const most = Math.max(...rows.flat().map(Math.abs), 1e-9);
  const line = formula && h("p", {class: "formula", "aria-live": "polite"}, "\u00a0");
  const cell = (v, i, j) => {
    const td = h("td", {tabindex: formula ? "0" : null, class: chosen?.(i, j) ? "chosen" : null, "aria-label": formula ? `${names[i] ?? ""} ${digits(v)}` : null,
      onmouseenter: formula && (() => { line.textContent = formula(i, j); }), onfocus: formula && (() => { line.textContent = formula(i, j); })}, digits(v));
    td.style.setProperty("--heat", `${Math.round(Math.min(1, Math.abs(v) / most) * 42)}%`);
    td.dataset.sign = v < 0 ? "-" : "+";
    return td;
  };
  const table = h("table", {class: "matrix"}, caption && h("caption", null, caption),
    columns.length > 0 && h("thead", null, h("tr", null, names.length > 0 && h("td"), columns.map(c => h("th", {scope: "col"}, c)))),
    h("tbody", null, rows.map((row, i) => h("tr", null, names.length > 0 && h("th", {scope: "row"}, names[i] ?? ""), row.map((v, j) => cell(v, i, j))))));
  return h("div", {class: "matrix-box"}, h("div", {class: "scroll"}, table), line);
}

/** A long vector as a strip of colors: blue is negative, orange positive. */
export function strip(values, most = Math.max(...values.map(Math.abs), 1e-9), name = "vector") {
  const canvas = h("canvas", {class: "strip", role: "img", "aria-label": `${name}: ${values.length} values, length ${short(Math.hypot(...values))}`});
  const n = values.length;
  canvas.width = n;
  canvas.height = 1;
  const pen = canvas.getContext("2d"), image = pen.createImageData(n, 1);
  values.forEach((v, i) => {
    const rgb = v < 0 ? [47, 111, 220] : [230, 126, 20];
    image.data.set([...rgb, Math.round(255 * Math.min(1, Math.abs(v) / most))], 4 * i);
  });
  pen.putImageData(image, 0, 0);
  return canvas;
}

/** The first values of a long vector. */
export const first = v => v.slice(0, 4).map(x => x.toFixed(3).padStart(7)).join("") + " …";

/** A vector of any length: a row of a matrix if it is short, else a strip with its first values. */
export function vectors(rows, names, options = {}) {
  if (rows.length && rows[0].length <= 8) return matrix(rows, {names, ...options});
  const most = Math.max(...rows.flat().map(Math.abs), 1e-9);
  return h("div", {class: "strips long"}, rows.map((v, i) => [h("span", {class: "strip-name", title: names[i]}, names[i]), strip(v, most, names[i]),
    h("span", {class: "first"}, first(v))]));
}
