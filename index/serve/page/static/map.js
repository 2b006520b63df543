// map.js is the map view: the passages of a collection as points.

import {announce, count, fill, h, marked} from "./dom.js";
import {errorBox, Latest, request} from "./api.js";
import {clusterColor, decodeMap, PointMap} from "./points.js";
import {flowing, placeOf, titleOf} from "./reader.js";
import {searchBox} from "./search.js";

const LISTED = 20; // passages that a selection lists at a time
const NEAREST = 10; // to a question

export class MapView {
  constructor(app, main) {
    Object.assign(this, {app, main, loading: new Latest(), asking: new Latest(), listing: new Latest(), known: new Map()});
    this.box = searchBox(app, {label: "Show a question on the map", placeholder: "Where would a question be?", rest: 200});
    this.area = h("div", {class: "map-area"});
    this.lasso = h("button", {type: "button", class: "small", "aria-pressed": "false", title: "Draw around points to list them (l)", onclick: () => this.map?.setLasso(!this.map.lassoing)}, "Lasso");
    const tool = (name, label, f) => h("button", {type: "button", class: "small", "aria-label": label, title: label, onclick: f}, name);
    this.tools = h("div", {class: "map-tools", role: "group", "aria-label": "Map"},
      tool("+", "Zoom in", () => this.map?.zoom(1.5)), tool("−", "Zoom out", () => this.map?.zoom(1 / 1.5)), tool("Fit", "Fit: show everything (0)", () => this.map?.fit()), this.lasso);
    this.side = h("section", {class: "map-side", "aria-label": "Clusters and selection"});
    fill(main, h("div", {class: "bar"}, this.box.form), h("div", {class: "map"}, h("div", {class: "map-frame"}, this.area, this.tools), this.side));
    this.#load();
  }

  async #load() {
    const {app} = this;
    fill(this.area, h("p", {class: "note center"}, "Loading the map …"));
    const got = await this.loading.run(signal => request(this.app.path("map"), {signal}));
    if (!got) return;
    try {
      if (got.error) throw got.error;
      const data = this.data = decodeMap(got.value);
      this.area.replaceChildren();
      this.index = new Map(data.labels.map((label, i) => [label, i]));
      this.map = new PointMap(this.area, data, {
        describe: i => this.#about(i),
        onOpen: i => app.go({p: String(data.labels[i])}),
        onSelect: (indexes, name) => this.#select(indexes, name),
        onLasso: on => this.lasso.setAttribute("aria-pressed", on),
      });
      this.method = got.value.method;
      this.#clusters();
      announce(`The map shows ${count(data.x.length, "passage")}`);
      this.asked = null;
      this.update(this.app.state);
    } catch (e) {
      fill(this.area, errorBox(e, () => this.#load()));
    }
  }

  async #about(i) {
    const p = await this.#passage(this.data.labels[i]);
    return {title: titleOf(p), text: p.text};
  }

  async #passage(label, signal) {
    let p = this.known.get(label);
    if (!p) {
      const answer = await request(this.app.path(`passages/${label}?before=0&after=0`), {signal});
      p = answer.passages[0];
      if (this.known.size > 1000) this.known.clear();
      this.known.set(label, p);
    }
    return p;
  }

  #clusters() {
    const {map, data} = this, sizes = map.clusters;
    fill(this.side, h("h2", null, "Clusters"),
      h("p", {class: "status"}, [count(data.x.length, "passage"), this.method && `layout: ${this.method.toUpperCase()}`].filter(Boolean).join(" · ")),
      sizes.length ? h("ul", {class: "clusters"}, sizes.map(c => h("li", null, h("button", {type: "button", onclick: () => map.selectCluster(c)}, dot(c.id), h("span", null, c.name || `cluster ${c.id}`), h("small", null, c.size)))))
        : h("p", {class: "note"}, "This map has no clusters."));
  }

  #select(indexes, name) {
    this.listing.stop();
    if (!indexes.length) { this.#clusters(); announce("Nothing is selected"); return; }
    const list = h("ol", {class: "picked"}), more = h("div");
    fill(this.side, h("div", {class: "row"}, h("h2", null, name || "Selection"), h("span", {class: "grow"}), h("button", {type: "button", class: "small", onclick: () => { this.map.select(null); this.#clusters(); }}, "All clusters")),
      h("p", {class: "status"}, `${count(indexes.length, "passage")}${name ? "" : " selected"}`), list, more);
    announce(`${count(indexes.length, "passage")} selected`);
    this.#list(indexes, 0, list, more);
  }

  async #list(indexes, from, list, more) {
    fill(more, h("p", {class: "status"}, "Loading …"));
    const part = indexes.slice(from, from + LISTED);
    const got = await this.listing.run(signal => Promise.all(part.map(i => this.#passage(this.data.labels[i], signal).catch(e => {
      if (e.status !== 404) throw e;
      return null; // deleted after the map was made
    }))));
    if (!got) return;
    if (got.error) { fill(more, errorBox(got.error, () => this.#list(indexes, from, list, more))); return; }
    list.append(...got.value.map((p, n) => p && h("li", null,
      h("a", {href: this.app.link({p: p.label})}, dot(this.data.cluster[part[n]]), h("strong", null, titleOf(p))), h("p", null, marked(flowing(p), [], 120)), h("span", {class: "place"}, placeOf(p)))).filter(Boolean));
    const next = from + part.length;
    fill(more, next < indexes.length && h("button", {type: "button", class: "button", onclick: () => this.#list(indexes, next, list, more)}, `More (${indexes.length - next})`));
  }

  async update(state) {
    this.box.sync(state);
    const q = (state.get("q") ?? "").trim();
    if (!this.map || q === this.asked) return;
    this.asked = q;
    if (!q) { this.asking.stop(); this.map.setQuery(null); this.map.select(null); this.#clusters(); return; }
    const got = await this.asking.run(async signal => {
      const at = await request(this.app.path("map/locate"), {body: {text: q}, signal});
      const near = await request(this.app.path("query"), {body: {text: q, k: NEAREST, mode: "dense"}, signal});
      return {at, near};
    });
    if (!got) return;
    if (got.error) { fill(this.side, errorBox(got.error, () => { this.asked = null; this.update(state); })); return; }
    const {at, near} = got.value;
    this.map.setQuery({x: at.x, y: at.y, text: q});
    const {results} = near, indexes = results.map(r => this.index.get(r.passage.label)).filter(i => i !== undefined);
    for (const r of results) this.known.set(r.passage.label, r.passage);
    this.app.reader.remember(results);
    this.#select(indexes, "Nearest to the question");
    this.map.select(indexes.length ? indexes : null);
  }

  key(e) {
    if (!this.map || e.target === this.map.over) return false;
    if (["+", "=", "-", "0", "l", "n", "p"].includes(e.key)) {
      this.map.over.focus();
      this.map.over.dispatchEvent(new KeyboardEvent("keydown", {key: e.key}));
      return true;
    }
    return false;
  }

  close() {
    for (const l of [this.loading, this.asking, this.listing]) l.stop();
    this.map?.close();
  }
}

function dot(id) {
  const e = h("span", {class: "dot", "aria-hidden": "true"});
  e.style.setProperty("background", clusterColor(id));
  return e;
}
