// dom.js makes elements. Text becomes text nodes and nothing else, so no document can add markup.

/** h("a", {class: "x", href: "…", onclick: f, "aria-label": "…"}, "text", child, …). Properties that
 *  are false, null or undefined are left out, and so are such children. */
export function h(tag, props, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) e.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "indeterminate") e[name] = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
  append(e, children);
  return e;
}

function append(e, children) {
  for (const c of children) {
    if (Array.isArray(c)) append(e, c);
    else if (c !== null && c !== undefined && c !== false) e.append(c);
  }
}

/** Replaces the children of an element. */
export function fill(e, ...children) {
  e.replaceChildren();
  append(e, children);
  return e;
}

export const $ = id => document.getElementById(id);

/** Says something to screen readers. */
export function announce(text) { $("live").textContent = text; }

const number = new Intl.NumberFormat("en");
export const count = (n, one, many = one + "s") => `${number.format(n)} ${n === 1 ? one : many}`;

/** A number with few digits: 1.667, -0.0312, 120.4 */
export function short(v) {
  if (!Number.isFinite(v)) return String(v);
  const a = Math.abs(v);
  return v === 0 ? "0" : a >= 1e6 || a < 1e-4 ? v.toExponential(2) : String(Number(v.toPrecision(a >= 1 ? 4 : 3)));
}

/** The places of a text that belong together: [[start, end], …] in code points, sorted and joined. */
function joined(ranges, length) {
  const out = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const start = Math.max(0, from), end = Math.min(length, to), last = out.at(-1);
    if (start >= end) continue;
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}

/** Nodes of a text whose matches, ranges of code points, are marked. With "most", at most so many
 *  code points around the densest matches. */
export function marked(text, matches = [], most = Infinity) {
  const all = Array.from(text), ranges = joined(matches, all.length);
  let from = 0, to = all.length;
  if (to > most) {
    let best = -1;
    for (const [start] of ranges) { // the window that has most of the matches, the earliest of equals
      const n = ranges.filter(r => r[0] >= start && r[1] <= start + most * 0.8).length;
      if (n > best) { best = n; from = start; }
    }
    from = Math.max(0, Math.min(from - Math.floor(most * 0.15), all.length - most));
    if (from < most * 0.15) from = 0;
    const space = i => /\s/.test(all[i]);
    for (let i = from; i > 0 && i < from + 20; i++) if (space(i)) { from = i + 1; break; }
    to = Math.min(all.length, from + most);
    for (let i = to; to < all.length && i > to - 20; i--) if (space(i)) { to = i; break; }
  }
  const nodes = from > 0 ? ["… "] : [], slice = (a, b) => all.slice(a, b).join("");
  let at = from;
  for (const [start, end] of ranges) {
    if (end <= from || start >= to) continue;
    nodes.push(slice(at, Math.max(at, start)), h("mark", null, slice(Math.max(at, start), Math.min(end, to))));
    at = Math.min(end, to);
  }
  nodes.push(slice(at, to), to < all.length ? " …" : "");
  return nodes;
}

/** Copies a text and says so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or a page without TLS that is not on this machine
    const area = h("textarea", {class: "hidden", value: text});
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(`${what} copied`);
}

let toasting;
export function toast(text) {
  announce(text);
  document.querySelector(".toast")?.remove();
  const e = h("div", {class: "toast", "aria-hidden": "true"}, text);
  document.body.append(e);
  clearTimeout(toasting);
  toasting = setTimeout(() => e.remove(), 1800);
}
