// reader.js shows a passage in its document: all passages of the document in order.

import {announce, copy, count, fill, h, marked} from "./dom.js";
import {errorBox, Latest, request} from "./api.js";

const CODE = /\.(go|py|js|ts|jsx|tsx|c|h|cc|cpp|hpp|rs|java|kt|rb|php|sh|sql|swift|scala|cs|json|ya?ml|toml|xml|css|proto|lua|r|jl|pl|ini|cfg|mod)$/i;
const WHOLE = 1000; // passages of a document that is shown whole; of a longer one, parts are

/** What a passage is called: its title, the name of its file, or its id. */
export const titleOf = p => p.title || (p.path ? p.path.split("/").pop() : "") || p.id || `Passage ${p.label}`;

export const isCode = p => CODE.test(p.path ?? "");

/** The text of a passage with the lines of a paragraph joined, if they were cut at a width. Every
 *  character keeps its place, for the matches. Code and tables keep their lines. */
export function flowing(p) {
  if (isCode(p)) return p.text;
  return p.text.replace(/([^\n]{60,})\n(?=[^\n|>#*+•\-\d\s])/gu, (all, line) => /^\s*\|/.test(line) ? all : line + " ");
}

/** Where a passage is: file and lines, or its id. */
export function placeOf(p) {
  const lines = p.first_line ? `:${p.first_line}${p.last_line > p.first_line ? `–${p.last_line}` : ""}` : "";
  return p.path ? p.path + lines + (p.id ? ` · ${p.id}` : "") : p.id ?? "";
}

export class Reader {
  constructor(app, element) {
    Object.assign(this, {app, element, latest: new Latest(), label: null, matches: new Map()});
  }

  get open() { return !this.element.hidden; }

  close() { this.app.go({p: null}); }

  /** Remembers the matches of results, so that the open passage has them too. */
  remember(results) {
    this.matches = new Map(results.map(r => [String(r.passage.label), r.matches]));
    if (this.open && this.chosen) fill(this.element.querySelector(".chosen .text"), marked(flowing(this.chosen), this.matches.get(String(this.chosen.label)) ?? []));
  }

  async update(state) {
    const label = state.get("p"), key = label && `${state.get("c")}/${label}`;
    if (key === this.key) return;
    this.key = key;
    this.chosen = null;
    if (!label) {
      this.latest.stop();
      this.element.hidden = true;
      document.body.classList.remove("reading");
      this.back?.isConnected && this.back.focus();
      return;
    }
    if (!this.open) this.back = document.activeElement;
    this.element.hidden = false;
    document.body.classList.add("reading");
    this.element.setAttribute("aria-busy", "true");
    const got = await this.latest.run(signal => this.#load(label, signal));
    if (!got) return;
    this.element.removeAttribute("aria-busy");
    if (got.error) {
      fill(this.element, this.#bar(null), errorBox(got.error, () => { this.key = ""; this.update(state); }));
      return;
    }
    this.#draw(label, got.value);
  }

  // The passage with those around it, then the whole document if it is not too long.
  async #load(label, signal) {
    const around = await request(this.app.path(`passages/${encodeURIComponent(label)}?before=100&after=100`), {signal});
    if (around.passages.length === around.total || around.total > WHOLE) return around;
    return this.#part(around.path, 0, WHOLE, signal);
  }

  #part(path, from, limit, signal) {
    return request(this.app.path(`document?path=${encodeURIComponent(path)}&from=${from}&limit=${limit}`), {signal});
  }

  #bar(p) {
    const {app} = this, button = (name, title, f) => h("button", {type: "button", class: "small", title, onclick: f}, name);
    return h("div", {class: "reader-bar"},
      h("strong", {class: "reader-title"}, p && titleOf(p)),
      p && [
        h("a", {class: "small", href: app.link({v: "search", like: p.label, q: null, p: null}), title: "Similar passages (s)"}, "Similar"),
        button("Copy", "Copy the passage (c)", () => copy(p.text, "Passage")),
        button("Link", "Copy the link to this passage (l)", () => copy(location.href, "Link")),
      ],
      h("button", {type: "button", class: "small", "aria-label": "Close the document", title: "Close (Esc)", onclick: () => this.close()}, "✕"));
  }

  #draw(label, {path, from, total, passages}) {
    const chosen = passages.find(p => String(p.label) === label) ?? passages[0], body = h("div", {class: CODE.test(path) ? "document code" : "document"});
    fill(this.element, this.#bar(chosen),
      h("header", {class: "document-head"},
        h("h2", {tabindex: "-1"}, titleOf(chosen)),
        h("p", {class: "place"}, path || chosen.id || "", total > 1 && ` · ${count(total, "passage")}`),
        Object.keys(chosen.fields ?? {}).length > 0 && h("dl", {class: "fields"}, Object.entries(chosen.fields).map(([k, v]) => [h("dt", null, k), h("dd", null, [].concat(v).join(", "))]))), body);
    body.append(...this.#passages(passages, label));
    this.#earlier(body, path, from, label);
    this.#later(body, path, from + passages.length, total, label);
    const target = body.querySelector(".chosen");
    this.chosen = target && chosen;
    this.element.scrollTop = 0;
    if (target && passages.length > 1) this.element.scrollTop = target.getBoundingClientRect().top - this.element.getBoundingClientRect().top - this.element.clientHeight / 4;
    this.element.querySelector("h2").focus({preventScroll: true});
    announce(`${titleOf(chosen)} is open`);
  }

  #passages(passages, label) {
    let above = "", record = "";
    return passages.flatMap(p => {
      const starts = p.id && p.id !== record; // a record of a file has its own title
      record = p.id;
      const heading = (p.heading ?? []).join(" › "), chosen = String(p.label) === label, fresh = heading && heading !== above;
      above = heading;
      return [starts && h("h3", {class: "record"}, titleOf(p), p.title && h("small", null, p.id)), fresh && h("h3", null, p.heading.at(-1), p.heading.length > 1 && h("small", null, p.heading.slice(0, -1).join(" › "))),
        h("section", {class: chosen ? "chosen" : null, "aria-current": chosen ? "true" : null, "aria-label": p.first_line ? `Lines ${p.first_line} to ${p.last_line}` : null},
          p.first_line > 0 && h("a", {class: "lines", href: this.app.link({p: p.label}), "aria-label": `Link to line ${p.first_line}`}, p.first_line),
          h("div", {class: "text"}, marked(flowing(p), chosen ? this.matches.get(label) : [])))].filter(Boolean);
    });
  }

  #earlier(body, path, from, label) {
    if (from > 0) body.prepend(this.#button(`Earlier passages (${from})`, path, Math.max(0, from - 200), Math.min(200, from), label, part => this.#earlier(body, path, part.from, label)));
  }

  #later(body, path, from, total, label) {
    if (from < total) body.append(this.#button(`Later passages (${total - from})`, path, from, 200, label, part => this.#later(body, path, from + part.passages.length, part.passages.length ? total : from, label)));
  }

  // A button that is replaced by a part of the document.
  #button(name, path, from, limit, label, then) {
    const button = h("button", {type: "button", class: "small", onclick: async () => {
      button.disabled = true;
      try {
        const part = await this.#part(path, from, limit);
        if (!button.isConnected) return;
        button.replaceWith(...this.#passages(part.passages, label));
        then(part);
      } catch (e) {
        button.replaceWith(errorBox(e));
      }
    }}, name);
    return button;
  }
}
