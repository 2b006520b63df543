// search.js is the search view: the box, the modes, the filters and the results.

import {announce, copy, count, fill, h, marked, toast} from "./dom.js";
import {errorBox, Latest, request} from "./api.js";
import {active, condition, Filters, none} from "./filters.js";
import {flowing, isCode, placeOf, titleOf} from "./reader.js";

const MODES = {hybrid: "Both", dense: "Meaning", bm25: "Words"};
const HINTS = {hybrid: "By meaning and by words", dense: "By meaning: other words for the same thing", bm25: "By words (BM25): names, numbers, rare words"};
const PARTS = {dense: "meaning", bm25: "words"};
const FIRST = 10;

/** A search box: what is typed is searched after a short rest, as one entry of the history. */
export function searchBox(app, {key = "q", label, placeholder, rest = 120, clears = {}}) {
  let timer = 0, typed = false;
  const send = replace => {
    clearTimeout(timer);
    timer = 0;
    app.go({[key]: input.value, p: null, ...clears}, {replace});
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(() => { send(typed); typed = true; }, rest); };
  const input = h("input", {
    type: "search", id: "q", "data-search": "", "aria-label": label, placeholder, autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search", maxlength: "2000",
    oninput: e => { if (!e.isComposing) later(); }, oncompositionend: () => later(),
    onblur: () => { typed = false; },
  });
  const form = h("form", {role: "search", class: "search", onsubmit: e => { e.preventDefault(); send(typed); typed = false; }}, input);
  const sync = state => {
    const value = state.get(key) ?? "";
    if (timer || input.value === value) return; // what is being typed stays
    input.value = value;
    typed = false;
  };
  return {form, input, sync};
}

export class SearchView {
  constructor(app, main) {
    Object.assign(this, {app, main, latest: new Latest(), results: []});
    const c = app.collection;
    this.box = searchBox(app, {label: `Search ${c.name}`, placeholder: `Search ${count(c.passages ?? 0, "passage")}`, clears: {like: null, k: null}});
    this.modes = h("div", {class: "segments", role: "radiogroup", "aria-label": "Search by"}, this.#modes().map(m => h("label", {title: HINTS[m]},
      h("input", {type: "radio", name: "mode", value: m, onchange: () => app.go({mode: m === this.#modes()[0] ? null : m, k: null})}), h("span", null, MODES[m] ?? m))));
    this.toggle = h("button", {type: "button", class: "quiet filters-toggle", "aria-expanded": "false", "aria-controls": "filters", onclick: () => this.#showFilters()}, "Filters");
    this.side = h("div", {id: "filters", class: "filters"});
    this.filters = new Filters(app, this.side);
    this.status = h("p", {class: "status"});
    this.notes = h("div");
    this.list = h("ol", {class: "results", "aria-label": "Results"});
    this.foot = h("div", {class: "foot"});
    fill(main, h("div", {class: "bar"}, this.box.form, h("div", {class: "bar-row"}, this.modes, this.toggle)),
      h("div", {class: "columns"}, this.side, h("section", {class: "found", "aria-label": "Search results"}, this.status, this.notes, this.list, this.foot)));
    if (!matchMedia("(max-width: 720px)").matches && !app.state.get("p")) this.box.input.focus();
  }

  #modes() { return this.app.collection.modes?.length ? this.app.collection.modes : ["dense"]; }

  #showFilters(on = !this.side.classList.contains("shown")) {
    this.side.classList.toggle("shown", on);
    this.toggle.setAttribute("aria-expanded", on);
    if (on) this.side.querySelector("input, select")?.focus();
  }

  update(state) {
    const c = this.app.collection, mode = state.get("mode") ?? this.#modes()[0], set = active(state);
    this.box.sync(state);
    this.filters.sync(state);
    for (const radio of this.modes.querySelectorAll("input")) radio.checked = radio.value === mode;
    this.modes.hidden = this.#modes().length < 2 || state.has("like");
    fill(this.toggle, set ? `Filters (${set})` : "Filters");
    const k = Number(state.get("k")) || FIRST, q = (state.get("q") ?? "").trim(), like = state.get("like");
    const where = condition(state, c.fields ?? []), group = state.get("group");
    const asked = JSON.stringify([q, mode, where, group, state.get("w"), k, like]);
    if (asked === this.asked) { this.#current(state); return; }
    this.asked = asked;
    if (!q && !like) { this.latest.stop(); this.#start(c); return; }
    const path = this.app.path(like ? "similar" : "query");
    const body = like ? {label: Number(like), k} : {text: q, k, mode, ...where && {where}, ...group && {group_by: group}, ...mode === "hybrid" && state.get("w") && {dense_weight: Number(state.get("w"))}};
    this.#ask(path, body, {q, like, k, where});
  }

  async #ask(path, body, asked) {
    const started = performance.now(), slow = setTimeout(() => this.list.setAttribute("aria-busy", "true"), 150);
    const got = await this.latest.run(signal => request(path, {body, signal}));
    clearTimeout(slow);
    if (!got) return; // a later question was asked
    this.list.removeAttribute("aria-busy");
    const {error, value} = got, about = error?.problem?.errors?.some(e => e.location === "body.where");
    if (about) error.title = "The condition is not valid";
    this.filters.wrong(about ? error.message : null);
    if (error?.status === 0) { // the banner says so; what was found before stays
      this.list.setAttribute("aria-busy", "true");
      return;
    }
    if (error) {
      fill(this.notes, errorBox(error, () => { this.asked = ""; this.update(this.app.state); }));
      fill(this.status);
      fill(this.list);
      fill(this.foot);
      if (about) this.#showFilters(true);
      return;
    }
    this.#show(value, asked, performance.now() - started);
  }

  // Before a question: what the collection is.
  #start(c) {
    this.results = [];
    this.filters.wrong(null);
    fill(this.notes);
    fill(this.list);
    fill(this.foot);
    fill(this.status);
    const files = h("ul", {class: "files"});
    fill(this.notes, h("div", {class: "welcome"},
      h("h2", null, c.name),
      h("p", null, [c.files && count(c.files, "document"), count(c.passages, "passage"), language(c.language), `${c.dim} dimensions`].filter(Boolean).join(" · ")),
      h("p", null, "Ask a question, or describe what you look for. ", h("kbd", null, "?"), " lists the keys."), files));
    this.#files(files, 0);
  }

  // The documents, to look around.
  async #files(list, from) {
    const got = await this.latest.run(signal => request(this.app.path(`files?from=${from}&limit=25`), {signal}));
    if (!got?.value || !list.isConnected) return; // without the list there is still the search
    const {files, total} = got.value, open = async path => {
      const found = await this.latest.run(signal => request(this.app.path(`document?path=${encodeURIComponent(path)}&limit=1`), {signal}));
      if (found?.error) toast(found.error.message);
      else if (found?.value.passages.length) this.app.go({p: String(found.value.passages[0].label)});
    };
    list.append(...files.map(f => h("li", null, h("button", {type: "button", class: "text-button", onclick: () => open(f.path)}, h("span", {class: "place"}, f.path.slice(0, f.path.lastIndexOf("/") + 1)), f.path.slice(f.path.lastIndexOf("/") + 1)), h("small", null, count(f.passages, "passage")))));
    const next = from + files.length, more = next < total && files.length > 0 && h("li", null, h("button", {type: "button", class: "small", onclick: () => { more.remove(); this.#files(list, next); }}, `More (${total - next})`));
    if (more) list.append(more);
  }

  #show(answer, {q, like, k}, ms) {
    const results = this.results = answer.results ?? [];
    this.app.reader?.remember(results);
    const most = {};
    for (const r of results) for (const [name, v] of Object.entries(r.parts ?? {})) most[name] = Math.max(most[name] ?? 0, Math.abs(v));
    const took = `${Math.max(1, Math.round(ms))} ms`;
    fill(this.status, like ? ["Similar to ", h("strong", null, `passage ${like}`), " · ", h("a", {href: this.app.link({like: null, p: null})}, "clear"), ` · ${took}`] : `${count(results.length, "result")} in ${took}`);
    announce(results.length ? count(results.length, "result") : "Nothing found");
    const set = active(this.app.state) > 0;
    fill(this.notes,
      answer.no_good_match && results.length > 0 && h("p", {class: "note"}, "No passage is a good match. These are the nearest."),
      (answer.notes ?? []).map(n => h("p", {class: "status"}, sentence(String(n)))),
      !results.length && h("div", {class: "note"}, h("strong", null, "Nothing found."), set
        ? [" The filters may be too narrow. ", h("a", {href: this.app.link(none(this.app.state))}, "Remove them")]
        : this.app.state.get("mode") === "bm25" ? " No passage has these words. Try the mode Both." : " Try other words."));
    fill(this.list, results.map(r => this.#result(r, most)));
    fill(this.foot, results.length >= k && k < 200 && h("button", {type: "button", class: "button", onclick: () => this.app.go({k: k + FIRST}, {replace: true})}, "More results"));
    this.#current(this.app.state);
  }

  #result(r, most) {
    const p = r.passage, {app} = this, heading = (p.heading ?? []).filter(x => x !== p.title);
    const parts = Object.entries(r.parts ?? {});
    return h("li", {class: "result", "data-label": p.label},
      h("h2", null, h("a", {class: "open", href: app.link({p: p.label})}, titleOf(p)), heading.length > 0 && h("span", {class: "heading"}, heading.join(" › "))),
      h("p", {class: isCode(p) ? "text code" : "text"}, marked(flowing(p), r.matches, 340)),
      h("div", {class: "meta"},
        h("span", {class: "place", title: placeOf(p)}, placeOf(p)),
        h("dl", {class: "score", title: "Score and its parts"}, h("div", null, h("dt", null, "score"), h("dd", null, r.score.toFixed(2))),
          parts.length > 1 && parts.map(([name, v]) => h("div", {class: "part-" + name}, h("dt", null, PARTS[name] ?? name), h("dd", null, bar(v / (most[name] || 1)), v.toFixed(2))))),
        h("span", {class: "actions"},
          h("a", {href: app.link({like: p.label, q: null, p: null, k: null}), title: "Similar passages (s)"}, "similar"),
          h("button", {type: "button", class: "text-button", title: "Copy the passage (c)", onclick: () => copy(p.text, "Passage")}, "copy"))));
  }

  #current(state) {
    for (const li of this.list.children) {
      if (li.dataset.label === state.get("p")) li.setAttribute("aria-current", "true");
      else li.removeAttribute("aria-current");
    }
  }

  #move(step) {
    const links = [...this.list.querySelectorAll("a.open")];
    if (!links.length) return false;
    const at = links.findIndex(a => a.closest("li").contains(document.activeElement));
    if (at === 0 && step < 0) { this.box.input.focus(); return true; }
    const link = links[Math.max(0, Math.min(links.length - 1, at + step))];
    link.focus();
    link.closest("li").scrollIntoView({block: "nearest"});
    return true;
  }

  /** Keys while the box has the focus. */
  typing(e) {
    return e.target === this.box.input && e.key === "ArrowDown" && this.#move(1);
  }

  key(e) {
    const at = this.results.find(r => String(r.passage.label) === document.activeElement?.closest?.("li.result")?.dataset.label)
      ?? this.results.find(r => String(r.passage.label) === this.app.state.get("p"));
    const modes = this.#modes(), mode = this.app.state.get("mode") ?? modes[0];
    switch (e.key) {
      case "ArrowDown": case "j": return this.#move(1);
      case "ArrowUp": case "k": return this.#move(-1);
      case "f": this.#showFilters(true); return true;
      case "m": {
        const next = modes[(modes.indexOf(mode) + 1) % modes.length];
        this.app.go({mode: next === modes[0] ? null : next, k: null});
        announce(`Search by: ${MODES[next] ?? next}`);
        return true;
      }
      case "s": if (at) this.app.go({like: String(at.passage.label), q: null, p: null, k: null}); return !!at;
      case "c": if (at) copy(at.passage.text, "Passage"); return !!at;
      case "l": if (at) copy(new URL(this.app.link({p: at.passage.label}), location.href).href, "Link"); return !!at;
      case "Escape": if (this.side.classList.contains("shown")) { this.#showFilters(false); return true; }
    }
    return false;
  }

  close() { this.latest.stop(); }
}

const sentence = text => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");

function language(code) {
  if (!code || code === "none") return "";
  try { return new Intl.DisplayNames("en", {type: "language"}).of(code); } catch { return code; }
}

/** A bar from 0 to 1; negative values are drawn to the other color. */
export function bar(share) {
  const inner = h("span", {class: share < 0 ? "below" : null});
  inner.style.setProperty("width", `${Math.min(100, Math.abs(share) * 100).toFixed(1)}%`);
  return h("span", {class: "mini", "aria-hidden": "true"}, inner);
}
