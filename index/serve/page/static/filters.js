// filters.js makes controls from the metadata fields of a collection, and a condition from them.
// In the address a filter is f.FIELD=value (several are alternatives) or f.FIELD=from..to.

import {fill, h} from "./dom.js";

const KEYWORDS = /^(and|or|not|in|contains|exists|true|false)$/i;
const quoted = text => `"${text.replace(/["\\]/g, "\\$&")}"`;
const fieldName = name => /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name) && !KEYWORDS.test(name) ? name : "`" + name.replace(/[`\\]/g, "\\$&") + "`";
const isRange = type => /number|int|float|date|time/.test(type);
const isDate = type => /date|time/.test(type);
const valuesOf = f => (f.values ?? []).map(v => typeof v === "object" && v !== null ? v : {value: v});

/** The condition of the filters in the address, and of its "where", in the language of the server. */
export function condition(state, fields) {
  const parts = [];
  for (const f of fields) {
    const given = state.getAll("f." + f.name).filter(Boolean), name = fieldName(f.name);
    if (!given.length) continue;
    if (isRange(f.type)) {
      const [from, to] = given[0].split("..");
      if (from) parts.push(`${name} >= ${literal(from, f.type)}`);
      if (to) parts.push(`${name} <= ${literal(to, f.type)}`);
    } else if (/bool/.test(f.type)) {
      parts.push(`${name} = ${given[0] === "true"}`);
    } else if (given[0].startsWith("~")) {
      parts.push(`${name} contains ${quoted(given[0].slice(1))}`);
    } else {
      parts.push(given.length === 1 ? `${name} = ${quoted(given[0])}` : `${name} in (${given.map(quoted).join(", ")})`);
    }
  }
  const where = state.get("where")?.trim();
  if (where) parts.push(parts.length ? `(${where})` : where);
  return parts.join(" and ");
}

// What is not a number or a date is quoted, and the server says what is wrong with it.
const literal = (text, type) => (isDate(type) ? /^\d{4}(-\d\d){0,2}([T ][\d:.]+(Z|[+-]\d\d:\d\d)?)?$/ : /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i).test(text) ? text : quoted(text);

/** How many filters are set. */
export const active = state => new Set([...state.keys()].filter(k => k.startsWith("f.") || k === "where" || k === "group")).size;

/** The change that removes all filters. */
export const none = state => Object.fromEntries([...state.keys()].filter(k => k.startsWith("f.") || k === "where" || k === "group").map(k => [k, null]));

/** Draws the controls into an element. The element is drawn again only if the collection changes, so
 *  that the focus stays; sync() sets the values. */
export class Filters {
  constructor(app, element) {
    Object.assign(this, {app, element, syncs: []});
    const c = app.collection;
    fill(element, h("h2", {class: "hidden"}, "Filters"),
      (c.fields ?? []).slice(0, 30).map(f => this.#control(f)),
      this.#options(c));
  }

  #control(f) {
    const {app} = this, key = "f." + f.name, values = valuesOf(f);
    const set = (value, replace) => app.go({[key]: value, k: null}, {replace});
    if (isRange(f.type)) {
      const input = (which, text) => h("input", {type: isDate(f.type) ? "date" : "number", step: "any", "aria-label": `${f.name}, ${text}`, placeholder: text, onchange: () => {
        set(from.value || to.value ? `${from.value}..${to.value}` : null);
      }});
      const from = input(0, "from"), to = input(1, "to");
      this.syncs.push(state => { [from.value, to.value] = ((state.get(key) ?? "") + "..").split(".."); });
      return h("fieldset", null, h("legend", null, f.name), h("div", {class: "range"}, from, h("span", {"aria-hidden": "true"}, "–"), to));
    }
    if (/bool/.test(f.type)) {
      const select = h("select", {"aria-label": f.name, onchange: () => set(select.value)}, [["", "any"], ["true", "yes"], ["false", "no"]].map(([v, t]) => h("option", {value: v}, t)));
      this.syncs.push(state => { select.value = state.get(key) ?? ""; });
      return h("fieldset", null, h("legend", null, f.name), select);
    }
    if (!values.length || values.length > 40) {
      const input = h("input", {type: "text", "aria-label": `${f.name} contains`, placeholder: "contains …", onchange: () => set(input.value && "~" + input.value)});
      this.syncs.push(state => { input.value = (state.get(key) ?? "").replace(/^~/, ""); });
      return h("fieldset", null, h("legend", null, f.name), input);
    }
    const boxes = values.map(({value, count}) => {
      const box = h("input", {type: "checkbox", value: String(value), onchange: () => set(boxes.filter(b => b.box.checked).map(b => b.box.value))});
      return {box, row: h("label", {class: "check"}, box, h("span", null, String(value)), count !== undefined && h("small", null, count))};
    });
    const rest = boxes.slice(8).map(b => b.row), more = rest.length > 0 && h("details", null, h("summary", null, `${rest.length} more`), rest);
    this.syncs.push(state => {
      const on = state.getAll(key);
      for (const {box} of boxes) box.checked = on.includes(box.value);
      if (more && boxes.slice(8).some(b => b.box.checked)) more.open = true;
    });
    return h("fieldset", null, h("legend", null, f.name), boxes.slice(0, 8).map(b => b.row), more);
  }

  #options(c) {
    const {app} = this;
    const where = this.where = h("input", {type: "text", id: "where", spellcheck: "false", autocomplete: "off", "aria-describedby": "where-error", placeholder: "path ~ \"guide\"", onchange: () => app.go({where: where.value.trim(), k: null})});
    this.error = h("p", {id: "where-error", class: "wrong", role: "alert"});
    const group = h("input", {type: "checkbox", onchange: () => app.go({group: group.checked ? "file" : null})});
    const weight = h("input", {type: "range", min: "0.05", max: "1", step: "0.05", "aria-label": "Weight of the meaning", oninput: () => { shown.textContent = weight.value; }, onchange: () => app.go({w: weight.value === "0.45" ? null : weight.value})});
    const shown = h("output", null);
    const weighing = h("fieldset", null, h("legend", null, "Weight of the meaning"), h("div", {class: "range"}, weight, shown));
    this.syncs.push(state => {
      if (document.activeElement !== where) where.value = state.get("where") ?? "";
      group.checked = state.get("group") === "file";
      weight.value = state.get("w") ?? 0.45;
      shown.textContent = weight.value;
      weighing.hidden = !(c.modes ?? []).includes("hybrid") || (state.get("mode") ?? "hybrid") !== "hybrid";
    });
    return [
      h("fieldset", null, h("legend", null, h("label", {for: "where"}, "Condition")), where, this.error),
      h("fieldset", null, h("label", {class: "check"}, group, h("span", null, "Best passage of each file only"))),
      weighing,
    ];
  }

  /** Shows what is wrong with the condition; null: nothing. */
  wrong(message) {
    this.error.textContent = message ?? "";
    if (message) this.where.setAttribute("aria-invalid", "true");
    else this.where.removeAttribute("aria-invalid");
  }

  sync(state) { for (const f of this.syncs) f(state); }
}
