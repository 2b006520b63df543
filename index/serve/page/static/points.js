// points.js draws a map: up to hundreds of thousands of points, colored by cluster, with labels.
// It uses WebGL, or an image in memory if there is none. It loads nothing, has no dependency, and
// draws all text on a canvas, so no text can become markup. It is used by the page of
// "search serve", and embedded in the files of "search map".
//
//   const map = new PointMap(element, decodeMap(json), {describe: i => ({title: "…", text: "…"})});
//
// The element needs a size and "position: relative". Colors come from the CSS variables --bg, --ink,
// --accent and --card, if they are set.

// Okabe and Ito's colors, which color-blind people can distinguish, then lighter and darker ones.
const PALETTE = [
  [0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [213, 94, 0], [86, 180, 233],
  [148, 118, 214], [178, 145, 20], [17, 140, 140], [224, 91, 126], [120, 150, 60], [150, 110, 80],
];
const NOISE = [140, 140, 140];

/** The CSS color of a cluster; points of no cluster (-1) are gray. */
export function clusterColor(id) {
  const [r, g, b] = id < 0 ? NOISE : PALETTE[id % PALETTE.length];
  return `rgb(${r}, ${g}, ${b})`;
}

function bytesOf(base64) {
  const text = atob(base64);
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out.buffer;
}

function array(value, Type) {
  if (typeof value !== "string") return Type.from(value ?? []);
  return new Type(bytesOf(value));
}

/** Decodes {points: {labels, x, y, cluster}, clusters}: little-endian arrays in base64, or plain
 *  arrays. Labels are int64. Throws if their lengths differ. */
export function decodeMap(json) {
  const p = json.points ?? json;
  const x = array(p.x, Float32Array), y = array(p.y, Float32Array);
  const cluster = p.cluster ? array(p.cluster, Int32Array) : new Int32Array(x.length).fill(-1);
  let labels;
  if (typeof p.labels === "string") {
    labels = Array.from(new BigInt64Array(bytesOf(p.labels)), Number);
  } else {
    labels = p.labels ?? Array.from(x, (_, i) => i);
  }
  if (y.length !== x.length || cluster.length !== x.length || labels.length !== x.length) {
    throw new Error(`the map is damaged: ${x.length} x, ${y.length} y, ${cluster.length} clusters and ${labels.length} labels`);
  }
  return {x, y, cluster, labels, clusters: json.clusters ?? []};
}

const VERTEX = `
attribute vec2 at; attribute vec4 color; uniform vec2 scale, shift; uniform float size; varying vec4 shade;
void main() { gl_Position = vec4(at * scale + shift, 0., 1.); gl_PointSize = size; shade = color; }`;
const FRAGMENT = `
precision mediump float; varying vec4 shade;
void main() { vec2 d = gl_PointCoord - .5; if (dot(d, d) > .25) discard; gl_FragColor = vec4(shade.rgb * shade.a, shade.a); }`;

/** Draws by WebGL. Throws if there is none, or (unless it was asked for) only one without a graphics
 *  card, which is slower than ImagePainter. */
class GLPainter {
  constructor(canvas, asked, onLost) {
    const gl = canvas.getContext("webgl", {antialias: false, depth: false, premultipliedAlpha: true, failIfMajorPerformanceCaveat: !asked});
    if (!gl) throw new Error("no WebGL");
    const info = gl.getExtension("WEBGL_debug_renderer_info");
    if (!asked && info && /swiftshader|llvmpipe|software|basic render/i.test(gl.getParameter(info.UNMASKED_RENDERER_WEBGL))) throw new Error("no graphics card");
    this.gl = gl;
    this.canvas = canvas;
    canvas.addEventListener("webglcontextlost", e => { e.preventDefault(); onLost(); });
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error("WebGL does not work");
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.uniform = name => gl.getUniformLocation(program, name);
    this.scale = this.uniform("scale");
    this.shift = this.uniform("shift");
    this.size = this.uniform("size");
    this.buffers = ["at", "color"].map((name, i) => {
      const buffer = gl.createBuffer(), place = gl.getAttribLocation(program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.enableVertexAttribArray(place);
      if (i === 0) gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 0, 0);
      else gl.vertexAttribPointer(place, 4, gl.UNSIGNED_BYTE, true, 0, 0);
      return buffer;
    });
  }

  positions(xy) { this.#fill(0, xy); this.count = xy.length / 2; }

  colors(rgba) { this.#fill(1, rgba); }

  #fill(i, data) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[i]);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, data, this.gl.STATIC_DRAW);
  }

  draw(view, width, height, ratio, size) {
    const gl = this.gl;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const sx = 2 * view.k / width, sy = 2 * view.k / height;
    gl.uniform2f(this.scale, sx, sy);
    gl.uniform2f(this.shift, -view.x * sx, -view.y * sy);
    gl.uniform1f(this.size, Math.max(1, size * ratio));
    gl.drawArrays(gl.POINTS, 0, this.count);
  }

  close() { this.gl.getExtension("WEBGL_lose_context")?.loseContext(); }
}

/** Draws into an image in memory: for browsers without WebGL. */
class ImagePainter {
  constructor(canvas) { this.canvas = canvas; this.context = canvas.getContext("2d"); }

  positions(xy) { this.xy = xy; }

  colors(rgba) { this.rgba = new Uint32Array(rgba.buffer); }

  draw(view, width, height, ratio, size) {
    const w = this.canvas.width, h = this.canvas.height;
    if (!this.image || this.image.width !== w || this.image.height !== h) {
      this.image = this.context.createImageData(w, h);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const {pixels, xy, rgba} = this;
    pixels.fill(0);
    const side = Math.max(1, Math.round(size * ratio)), rows = [];
    for (let dy = 0; dy < side; dy++) { // how many pixels of each row belong to the disc
      const y = dy - (side - 1) / 2;
      rows.push(Math.floor(side / 2 - Math.sqrt(Math.max(0, side * side / 4 - y * y)) + 0.5));
    }
    const k = view.k * ratio, left = w / 2 - view.x * k - side / 2, top = h / 2 + view.y * k - side / 2;
    for (let i = 0, n = rgba.length; i < n; i++) {
      const px = left + xy[2 * i] * k | 0, py = top - xy[2 * i + 1] * k | 0;
      if (px < 0 || py < 0 || px + side > w || py + side > h) continue;
      const color = rgba[i];
      for (let dy = 0; dy < side; dy++) {
        const from = (py + dy) * w + px, cut = rows[dy];
        for (let dx = cut; dx < side - cut; dx++) pixels[from + dx] = color;
      }
    }
    this.context.putImageData(this.image, 0, 0);
  }

  close() {}
}

const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

export class PointMap {
  /** options: describe(index) returns {title, text} or a promise of it, for the card that appears on
   *  hover; onOpen(index) is called on click or Enter; onSelect(indexes, name) after a lasso or the
   *  choice of a cluster; onView() after a move; painter: "webgl" or "canvas" decides how points are drawn. */
  constructor(element, data, options = {}) {
    this.element = element;
    this.options = options;
    this.data = data;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.selected = null; // Uint8Array, or null: all points are drawn alike
    this.query = null;
    this.hovered = -1;
    this.lassoing = false;
    this.pointers = new Map();
    this.controller = new AbortController();
    this.#normalize();
    this.#index();
    this.#build();
    this.#listen();
    this.resize();
    this.fit(false);
  }

  // Positions are scaled to [-1, 1] along the longer side, so that single precision is enough.
  #normalize() {
    const {x, y} = this.data, n = x.length;
    let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
    for (let i = 0; i < n; i++) {
      if (x[i] < x0) x0 = x[i];
      if (x[i] > x1) x1 = x[i];
      if (y[i] < y0) y0 = y[i];
      if (y[i] > y1) y1 = y[i];
    }
    if (!n) x0 = x1 = y0 = y1 = 0;
    this.middle = [(x0 + x1) / 2, (y0 + y1) / 2];
    this.half = Math.max(x1 - x0, y1 - y0) / 2 || 1;
    this.extent = [(x1 - x0) / 2 / this.half, (y1 - y0) / 2 / this.half];
    this.xy = new Float32Array(2 * n);
    for (let i = 0; i < n; i++) [this.xy[2 * i], this.xy[2 * i + 1]] = this.#inside(x[i], y[i]);
    this.clusters = this.data.clusters.map(c => ({...c, at: this.#inside(c.x, c.y)})).sort((a, b) => b.size - a.size);
  }

  #inside(x, y) { return [(x - this.middle[0]) / this.half, (y - this.middle[1]) / this.half]; }

  // A grid of cells with about four points each finds the point under the pointer.
  #index() {
    const n = this.xy.length / 2, side = this.side = clamp(Math.ceil(Math.sqrt(n / 4)), 1, 1024);
    const cells = new Int32Array(n);
    this.starts = new Int32Array(side * side + 1);
    for (let i = 0; i < n; i++) {
      cells[i] = this.#cell(this.xy[2 * i + 1]) * side + this.#cell(this.xy[2 * i]);
      this.starts[cells[i] + 1]++;
    }
    for (let c = 0; c < side * side; c++) this.starts[c + 1] += this.starts[c];
    this.order = new Int32Array(n);
    const next = this.starts.slice();
    for (let i = 0; i < n; i++) this.order[next[cells[i]]++] = i;
  }

  #cell(v) { return clamp(Math.floor((v + 1) / 2 * this.side), 0, this.side - 1); }

  #build() {
    const add = () => {
      const canvas = document.createElement("canvas");
      Object.assign(canvas.style, {position: "absolute", inset: "0", width: "100%", height: "100%", display: "block"});
      this.element.append(canvas);
      return canvas;
    };
    const base = add();
    this.over = add(); // labels, lasso, query and card
    this.pen = this.over.getContext("2d");
    this.over.tabIndex = 0;
    Object.assign(this.over.style, {touchAction: "none", cursor: "grab"});
    this.over.setAttribute("role", "application");
    this.over.setAttribute("aria-roledescription", "map");
    this.over.setAttribute("aria-label", `Map of ${this.data.x.length.toLocaleString("en")} points in ${this.clusters.length} clusters. ` +
      "Arrow keys move, plus and minus zoom, 0 shows everything, n and p go to the next and previous cluster, Enter lists its points, l starts a lasso.");
    this.#paintWith(base, this.options.painter);
  }

  #paintWith(base, asked) {
    this.base = base;
    try {
      if (asked === "canvas") throw new Error("WebGL was not asked for");
      this.painter = new GLPainter(base, asked === "webgl", () => this.#fallBack());
    } catch {
      if (asked !== "canvas") base = this.base = this.#replace(base); // a canvas has one kind of context only
      this.painter = new ImagePainter(base);
    }
    this.kind = this.painter instanceof GLPainter ? "webgl" : "canvas";
    this.element.dataset.painter = this.kind;
    this.recolor();
  }

  #replace(canvas) {
    const fresh = canvas.cloneNode();
    canvas.replaceWith(fresh);
    return fresh;
  }

  #fallBack() {
    if (this.controller.signal.aborted) return;
    this.#paintWith(this.#replace(this.base), "canvas");
    this.resize();
  }

  /** Reads the colors of the style sheet again, and the selection. */
  recolor() {
    const style = getComputedStyle(this.element), get = (name, light, dark) => style.getPropertyValue(name).trim() || (this.dark.matches ? dark : light);
    this.ink = get("--ink", "#1d2126", "#e6e8eb");
    this.paper = get("--bg", "#ffffff", "#16181c");
    this.card = get("--card", "#ffffff", "#22252b");
    this.accent = get("--accent", "#b3261e", "#ffb4a9");
    const n = this.data.cluster.length, rgba = new Uint8Array(4 * n), light = this.dark.matches ? 40 : 0;
    const faint = this.dark.matches ? 78 : 205;
    const xy = new Float32Array(2 * n), chosen = this.selected?.reduce((sum, v) => sum + v, 0) ?? 0;
    let low = 0, high = n - chosen; // selected points are drawn last, above the others
    for (let i = 0; i < n; i++) {
      const off = this.selected && !this.selected[i], c = this.data.cluster[i], to = this.selected?.[i] ? high++ : low++;
      const rgb = c < 0 ? NOISE : PALETTE[c % PALETTE.length];
      for (let j = 0; j < 3; j++) rgba[4 * to + j] = off ? faint : Math.min(255, rgb[j] + light);
      rgba[4 * to + 3] = this.kind === "canvas" ? 255 : off ? 110 : 205;
      xy[2 * to] = this.xy[2 * i];
      xy[2 * to + 1] = this.xy[2 * i + 1];
    }
    this.painter.positions(xy);
    this.painter.colors(rgba);
    this.draw();
  }

  resize() {
    const box = this.element.getBoundingClientRect();
    this.width = Math.max(1, box.width);
    this.height = Math.max(1, box.height);
    this.ratio = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [this.base, this.over]) {
      canvas.width = Math.round(this.width * this.ratio);
      canvas.height = Math.round(this.height * this.ratio);
    }
    this.draw();
  }

  #fitted() {
    const margin = Math.min(64, this.width / 8, this.height / 8);
    return {x: 0, y: 0, k: Math.min((this.width / 2 - margin) / (this.extent[0] || 1), (this.height / 2 - margin) / (this.extent[1] || 1))};
  }

  /** Shows all points. */
  fit(smooth = true) { this.#go(this.#fitted(), smooth); }

  /** Moves a place of the map, in its own coordinates, to the middle. */
  show(x, y, zoom = 6) {
    const [px, py] = this.#inside(x, y);
    this.#go({x: px, y: py, k: Math.max(this.view.k, this.#fitted().k * zoom)}, true);
  }

  #go(target, smooth) {
    cancelAnimationFrame(this.moving);
    const from = this.view, start = performance.now();
    if (!smooth || this.still || !from) {
      this.view = target;
      this.draw();
      return;
    }
    const step = now => {
      const t = clamp((now - start) / 350, 0, 1), e = 1 - (1 - t) ** 3;
      const k = from.k * (target.k / from.k) ** e;
      this.view = {k, x: from.x + (target.x - from.x) * e, y: from.y + (target.y - from.y) * e};
      this.draw();
      if (t < 1) this.moving = requestAnimationFrame(step);
    };
    this.moving = requestAnimationFrame(step);
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const fit = this.#fitted().k, k = clamp(this.view.k * factor, fit / 2, fit * 2000), [px, py] = this.#at(x, y);
    cancelAnimationFrame(this.moving);
    this.view = {k, x: px - (x - this.width / 2) / k, y: py + (y - this.height / 2) / k};
    this.draw();
  }

  pan(dx, dy) {
    cancelAnimationFrame(this.moving);
    this.view = {...this.view, x: this.view.x - dx / this.view.k, y: this.view.y + dy / this.view.k};
    this.draw();
  }

  #at(x, y) { return [this.view.x + (x - this.width / 2) / this.view.k, this.view.y - (y - this.height / 2) / this.view.k]; }

  #screen(px, py) { return [this.width / 2 + (px - this.view.x) * this.view.k, this.height / 2 - (py - this.view.y) * this.view.k]; }

  /** Marks a place, such as that of a question: {x, y, text}; null removes it. */
  setQuery(query) { this.query = query && {...query, at: this.#inside(query.x, query.y)}; this.draw(); }

  /** Highlights points by their indexes; null highlights none. */
  select(indexes) {
    this.selected = indexes && new Uint8Array(this.data.x.length);
    this.few = indexes?.length <= 300 ? indexes : []; // drawn larger, so that they are found among many
    for (const i of indexes ?? []) this.selected[i] = 1;
    this.recolor();
  }

  /** Highlights a cluster, moves to it, and calls onSelect. */
  selectCluster(cluster) {
    const indexes = [];
    this.data.cluster.forEach((c, i) => { if (c === cluster.id) indexes.push(i); });
    this.select(indexes);
    this.show(cluster.x, cluster.y, 2.5);
    this.options.onSelect?.(indexes, cluster.name);
  }

  /** Starts or ends drawing a lasso by dragging. */
  setLasso(on) {
    this.lassoing = on;
    this.over.style.cursor = on ? "crosshair" : "grab";
    this.element.dataset.lasso = on;
    this.options.onLasso?.(on);
  }

  #inLasso(path) {
    const chosen = [], {xy} = this, n = xy.length / 2, points = path.map(([x, y]) => this.#at(x, y));
    let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
    for (const [x, y] of points) { x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y); }
    for (let i = 0; i < n; i++) {
      const x = xy[2 * i], y = xy[2 * i + 1];
      if (x < x0 || x > x1 || y < y0 || y > y1) continue;
      let inside = false;
      for (let a = 0, b = points.length - 1; a < points.length; b = a++) {
        const [ax, ay] = points[a], [bx, by] = points[b];
        if (ay > y !== by > y && x < (bx - ax) * (y - ay) / (by - ay) + ax) inside = !inside;
      }
      if (inside) chosen.push(i);
    }
    return chosen;
  }

  /** The index of the point nearest to a place on the screen, at most "reach" pixels away; -1: none. */
  nearest(x, y, reach = 10) {
    const [px, py] = this.#at(x, y), r = reach / this.view.k;
    let best = -1, least = r * r;
    for (let row = this.#cell(py - r); row <= this.#cell(py + r); row++) {
      for (let i = this.starts[row * this.side + this.#cell(px - r)], end = this.starts[row * this.side + this.#cell(px + r) + 1]; i < end; i++) {
        const p = this.order[i], d = (this.xy[2 * p] - px) ** 2 + (this.xy[2 * p + 1] - py) ** 2;
        if (d <= least) { least = d; best = p; }
      }
    }
    return best;
  }

  #hover(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.about = null;
    if (i >= 0 && this.options.describe) {
      clearTimeout(this.asking);
      this.asking = setTimeout(async () => {
        try {
          const about = await this.options.describe(i);
          if (this.hovered === i) { this.about = about; this.draw(); }
        } catch { /* the card stays away */ }
      }, 60);
    }
    this.over.style.cursor = this.lassoing ? "crosshair" : i >= 0 ? "pointer" : "grab";
    this.draw();
  }

  #listen() {
    const on = (target, type, f, passive = true) => target.addEventListener(type, f, {signal: this.controller.signal, passive});
    const place = e => { const box = this.over.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.element);
    on(this.dark, "change", () => this.recolor());
    on(this.over, "wheel", e => {
      e.preventDefault();
      this.zoom(Math.exp(-clamp(e.deltaY * (e.deltaMode ? 20 : 1), -240, 240) / 240), ...place(e));
    }, false);
    on(this.over, "pointerdown", e => {
      if (e.button > 0) return;
      this.over.setPointerCapture?.(e.pointerId);
      this.pointers.set(e.pointerId, place(e));
      this.travel = 0;
      this.path = (this.lassoing || e.shiftKey) && this.pointers.size === 1 ? [place(e)] : null;
    });
    on(this.over, "pointermove", e => {
      const now = place(e), before = this.pointers.get(e.pointerId);
      if (!before) { this.#hover(e.pointerType === "touch" ? -1 : this.nearest(...now)); return; }
      this.pointers.set(e.pointerId, now);
      this.travel += Math.hypot(now[0] - before[0], now[1] - before[1]);
      if (this.path) {
        this.path.push(now);
        this.draw();
      } else if (this.pointers.size === 2) {
        const [a, b] = [...this.pointers].map(([id, at]) => id === e.pointerId ? [before, now] : [at, at]);
        const gap = i => Math.hypot(a[i][0] - b[i][0], a[i][1] - b[i][1]) || 1;
        this.zoom(gap(1) / gap(0), (a[1][0] + b[1][0]) / 2, (a[1][1] + b[1][1]) / 2);
        this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
      } else {
        this.pan(now[0] - before[0], now[1] - before[1]);
      }
    });
    const end = e => {
      if (!this.pointers.delete(e.pointerId)) return;
      const path = this.path;
      this.path = null;
      if (path && this.travel > 8) {
        const chosen = this.#inLasso(path);
        this.select(chosen.length ? chosen : null);
        this.setLasso(false);
        this.options.onSelect?.(chosen, "");
      } else if (e.type === "pointerup" && this.travel < 5) {
        const i = this.nearest(...place(e), e.pointerType === "touch" ? 20 : 10);
        this.#hover(i);
        if (i >= 0) this.options.onOpen?.(i);
      }
      this.draw();
    };
    on(this.over, "pointerup", end);
    on(this.over, "pointercancel", end);
    on(this.over, "pointerleave", () => this.#hover(-1));
    on(this.over, "keydown", e => this.#key(e), false);
    on(this.over, "focus", () => this.draw());
    on(this.over, "blur", () => this.draw());
  }

  #key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const step = 60, moves = {ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step]};
    if (moves[e.key]) this.pan(...moves[e.key]);
    else if (e.key === "+" || e.key === "=") this.zoom(1.5);
    else if (e.key === "-") this.zoom(1 / 1.5);
    else if (e.key === "0") this.fit();
    else if (e.key === "l") this.setLasso(!this.lassoing);
    else if ((e.key === "n" || e.key === "p") && this.clusters.length) {
      const n = this.clusters.length;
      this.current = ((this.current ?? (e.key === "n" ? -1 : 0)) + (e.key === "n" ? 1 : n - 1)) % n;
      this.show(this.clusters[this.current].x, this.clusters[this.current].y, 2.5);
    } else if (e.key === "Enter" && this.current >= 0) this.selectCluster(this.clusters[this.current]);
    else if (e.key === "Escape" && (this.selected || this.lassoing)) {
      this.setLasso(false);
      this.select(null);
      this.options.onSelect?.([], "");
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }

  /** Draws once, before the next frame. */
  draw() {
    if (this.drawing || !this.view || !this.painter) return;
    this.drawing = requestAnimationFrame(() => {
      this.drawing = 0;
      if (this.controller.signal.aborted) return;
      this.#paint();
      this.options.onView?.();
    });
  }

  #pointSize() {
    const n = Math.max(1, this.data.x.length), zoomed = this.view.k / this.#fitted().k;
    return clamp(clamp(220 / Math.sqrt(n), 2, 9) * zoomed ** 0.4, 1.5, 16);
  }

  #paint() {
    const {pen, width, height} = this, size = this.#pointSize();
    this.painter.draw(this.view, width, height, this.ratio, size);
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.#labels();
    const ring = (x, y, r, color, line) => { pen.beginPath(); pen.arc(x, y, r, 0, 7); pen.strokeStyle = color; pen.lineWidth = line; pen.stroke(); };
    for (const i of this.few ?? []) {
      const [x, y] = this.#screen(this.xy[2 * i], this.xy[2 * i + 1]);
      pen.beginPath();
      pen.arc(x, y, Math.max(4.5, size / 2), 0, 7);
      Object.assign(pen, {fillStyle: clusterColor(this.data.cluster[i]), strokeStyle: this.paper, lineWidth: 1.5});
      pen.fill();
      pen.stroke();
    }
    if (this.hovered >= 0) {
      const [x, y] = this.#screen(this.xy[2 * this.hovered], this.xy[2 * this.hovered + 1]);
      ring(x, y, size / 2 + 4, this.paper, 5);
      ring(x, y, size / 2 + 4, this.ink, 2);
    }
    if (this.query) {
      const [x, y] = this.#screen(...this.query.at);
      ring(x, y, 9, this.paper, 7);
      ring(x, y, 9, this.accent, 3);
      pen.beginPath(); pen.arc(x, y, 3, 0, 7); pen.fillStyle = this.accent; pen.fill();
      this.#text(this.query.text ?? "", x, y - 18, "600 13px system-ui, sans-serif", this.accent);
    }
    if (this.path) {
      pen.beginPath();
      this.path.forEach(([x, y], i) => i ? pen.lineTo(x, y) : pen.moveTo(x, y));
      pen.closePath();
      pen.globalAlpha = 0.15; pen.fillStyle = this.accent; pen.fill(); pen.globalAlpha = 1;
      pen.setLineDash([5, 4]); pen.strokeStyle = this.accent; pen.lineWidth = 2; pen.stroke(); pen.setLineDash([]);
    }
    if (this.about && this.hovered >= 0) this.#card();
  }

  #text(text, x, y, font, color) {
    const {pen} = this;
    Object.assign(pen, {font, textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: 4, strokeStyle: this.paper, fillStyle: color});
    text = clip(text, 48);
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }

  // Labels of large clusters come first, and those that would cover others are left out.
  #labels() {
    const {pen} = this, taken = [], font = "600 13px system-ui, sans-serif";
    pen.font = font;
    if (this.query) {
      const [x, y] = this.#screen(...this.query.at), w = pen.measureText(clip(this.query.text ?? "", 48)).width / 2 + 6;
      taken.push([x - w, y - 29, x + w, y + 12]);
    }
    for (const c of this.clusters) {
      let [x, y] = this.#screen(...c.at);
      if (!c.name || x < 0 || y < 0 || x > this.width || y > this.height) continue;
      c.wide ??= pen.measureText(clip(c.name, 48)).width;
      const w = c.wide / 2 + 6;
      x = clamp(x, w, Math.max(w, this.width - w)); // beside the edge, and above the points of the middle
      y = Math.max(12, y - this.#pointSize() / 2 - 10);
      const box = [x - w - 6, y - 17, x + w + 6, y + 17];
      if (taken.some(t => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) continue;
      taken.push(box);
      this.#text(c.name, x, y, font, this.ink);
    }
  }

  #card() {
    const {pen} = this, wide = Math.min(300, this.width - 20), lines = [];
    const wrap = (text, font, most) => {
      pen.font = font;
      let line = "", n = 0;
      for (const word of clip(String(text ?? "").replace(/\s+/g, " "), 400).split(" ")) {
        const longer = line ? line + " " + word : word;
        if (line && pen.measureText(longer).width > wide - 24) {
          if (++n === most) { line += " …"; break; }
          lines.push([line, font]);
          line = word;
        } else line = longer;
      }
      if (line) lines.push([line, font]);
    };
    wrap(this.about.title, "600 12px system-ui, sans-serif", 2);
    wrap(this.about.text, "12px system-ui, sans-serif", 5);
    if (!lines.length) return;
    const tall = lines.length * 17 + 16, [px, py] = this.#screen(this.xy[2 * this.hovered], this.xy[2 * this.hovered + 1]);
    const x = clamp(px + 14, 6, Math.max(6, this.width - wide - 6)), y = py + 14 + tall > this.height ? Math.max(6, py - tall - 14) : py + 14;
    pen.fillStyle = this.card; pen.strokeStyle = this.ink; pen.lineWidth = 1;
    pen.beginPath(); pen.roundRect(x, y, wide, tall, 8); pen.fill();
    pen.globalAlpha = 0.25; pen.stroke(); pen.globalAlpha = 1;
    pen.save(); pen.clip();
    Object.assign(pen, {fillStyle: this.ink, textAlign: "left", textBaseline: "top"});
    lines.forEach(([line, font], i) => { pen.font = font; pen.fillText(line, x + 12, y + 9 + i * 17); });
    pen.restore();
  }

  /** Removes the map. */
  close() {
    this.controller.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.moving);
    this.painter.close();
    this.element.replaceChildren();
  }
}

function clip(text, most) {
  const all = Array.from(text);
  return all.length > most ? all.slice(0, most - 1).join("") + "…" : text;
}
