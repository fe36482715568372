"use strict";

/* The viewer. A map is coloured value by value and put on the screen pixel by pixel: where several
   values fall on one pixel of the screen, the most conspicuous is shown, so that none is lost.

   Places are in pixels of the detector: pixel n reaches from n to n + 1. */

(() => {
  // What the index of a colour means, as in scan_figures.py; OUTSIDE is only of the screen.
  const NO_VALUE = 0, ZERO = 1, FIRST = 2, LAST = 254, NOT_FINITE = 255;
  const SYMMETRIC_NOT_FINITE = 0, EQUAL = 128, OUTSIDE = 256;
  // Ramps, 17 colours each: viridis, RdBu_r and inferno_r as the figures have them.
  const RAMPS = {
    sequential: "440154 47186a 472c7b 424085 3a528b 32628d 2c728e 26818e 20908c 1e9f88 28ae7f 3ebc73 5ec961 83d34b addc30 d7e219 fde724",
    diverging: "154f8d 256caf 3884bb 559ec9 80bad8 a7cfe4 c9e1ed e1ecf3 f6f6f6 fae7db fbd4be f7b799 ed9676 dd7059 ca4942 b6212f 930e26",
    counts: "cc4148 c13a50 b53357 a92e5e 9c2963 902468 83206b 761b6d 6a176e 5d126e 500d6c 430a68 350960 270b52 1a0b40 0f092d 06041b",
  };
  const WHITE = [255, 255, 255], GREY = [220, 220, 220], ORANGE = [213, 94, 0], BLACK = [0, 0, 0];
  // CSS pixels: the largest pixel; one that shows its number; a lone difference; a ring.
  const MOST_ZOOM = 96, NUMBER_ZOOM = 60, LEAST_SIZE = 3, RING = 10;
  const MOST_LONELY = 2000;
  // A worst pixel is shown so large, and maps of full size are used from here on.
  const CLOSE = 16, DEEP = LEAST_SIZE;

  const element = (id) => document.getElementById(id);
  const meta = JSON.parse(element("meta").textContent);
  const canvas = element("map");
  const maps = Object.fromEntries(meta.maps.map((map) => [map.key, map]));
  const view = { map: meta.first, slow: 0, fast: 0, zoom: 1 };
  let whole = null;
  let details = [];
  let hovered = null;
  let written = "";

  // Reading the data.

  function bytesOf(text) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  }

  async function words(id) {
    const stream = new Blob([bytesOf(element(id).textContent)]).stream();
    const inflated = stream.pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
    // All first bytes lie together, then all second ones: so they compress better.
    const count = bytes.length / 4, found = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      found[i] = bytes[i] | (bytes[i + count] << 8) | (bytes[i + 2 * count] << 16) | (bytes[i + 3 * count] << 24);
    }
    return found;
  }

  async function tileOf(told) {
    const names = Object.keys(told.planes);
    const found = await Promise.all(names.map((name) => words(told.planes[name])));
    const planes = {};
    names.forEach((name, n) => { planes[name] = found[n]; });
    // The other image is stored by the bits in which it is not the reference.
    planes.other.forEach((bits, i) => { planes.other[i] = bits ^ planes.reference[i]; });
    for (const name of names) {
      planes[name] = name === "mismatch" ? new Int32Array(planes[name].buffer) : new Float32Array(planes[name].buffer);
    }
    return { ...told, planes, indices: {} };
  }

  // Values and colours.

  function clipped(x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
  }

  function indexOf(value, scale) {
    const symmetric = scale.kind === "symmetric";
    if (!Number.isFinite(value)) {
      if (symmetric) return SYMMETRIC_NOT_FINITE;
      return scale.may_be_missing ? NO_VALUE : NOT_FINITE;
    }
    if (symmetric) {
      if (value === 0) return EQUAL;
      const size = clipped(Math.log(Math.abs(value) / scale.low) / Math.log(scale.high / scale.low));
      const place = meta.least_colour + (1 - meta.least_colour) * size;
      return EQUAL + Math.round(Math.sign(value) * place * (EQUAL - 1));
    }
    if (value === 0 || (scale.kind === "log" && value < 0)) return ZERO;
    let place;
    if (scale.kind === "log") place = clipped(Math.log(value / scale.low) / Math.log(scale.high / scale.low));
    else place = clipped((value - scale.low) / (scale.high - scale.low));
    if (scale.kind === "root") place = Math.sqrt(place);
    return FIRST + Math.round(place * (LAST - FIRST));
  }

  function indicesOf(tile, key) {
    if (!tile.indices[key]) {
      const scale = maps[key].scale;
      tile.indices[key] = Uint8Array.from(tile.planes[key], (value) => indexOf(value, scale));
    }
    return tile.indices[key];
  }

  function ramp(name, count) {
    const stops = RAMPS[name].split(" ").map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
    return Array.from({ length: count }, (_, n) => {
      const place = (n / (count - 1)) * (stops.length - 1);
      const low = Math.min(Math.floor(place), stops.length - 2);
      return [0, 1, 2].map((c) => Math.round(stops[low][c] + (place - low) * (stops[low + 1][c] - stops[low][c])));
    });
  }

  const colours = {};
  function coloursOf(key) {
    const name = maps[key].ramp;
    colours[name] ??= name === "diverging"
      ? [BLACK, ...ramp(name, 255)]
      : [WHITE, GREY, ...ramp(name, LAST - FIRST + 1), ORANGE];
    return colours[name];
  }

  // As many digits as tell a float32 from its neighbours.
  function text(value) {
    if (!Number.isFinite(value)) return String(value);
    for (let digits = 1; digits < 9; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return String(short);
    }
    return String(Number(value.toPrecision(9)));
  }

  // Resolution.

  const scaled = (v, s) => v.map((x) => x * s);
  const dot = (u, v) => u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
  const unit = (v) => scaled(v, 1 / Math.sqrt(dot(v, v)));

  // About an axis that is used as it is, as in csrc/vec3.c.
  function turned(v, n, angle) {
    const c = Math.cos(angle), s = Math.sin(angle), d = dot(n, v) * (1 - c);
    return [
      n[0] * d + v[0] * c + (-n[2] * v[1] + n[1] * v[2]) * s,
      n[1] * d + v[1] * c + (n[2] * v[0] - n[0] * v[2]) * s,
      n[2] * d + v[2] * c + (-n[1] * v[0] + n[0] * v[1]) * s,
    ];
  }

  function resolution(slow, fast) {
    const g = meta.geometry;
    const f = (fast + 0.5) * g.pixel_size, s = (slow + 0.5) * g.pixel_size;
    let at = g.pix0.map((corner, i) => corner + f * g.fast[i] + s * g.slow[i]);
    if (g.sphere_radius !== null) {
      const start = turned(scaled(g.beam, g.sphere_radius), g.slow, at[1] / g.sphere_radius);
      at = turned(start, g.fast, at[2] / g.sphere_radius);
    }
    const incident = unit(g.beam), apart = unit(at).map((x, i) => x - incident[i]);
    return g.wavelength / Math.sqrt(dot(apart, apart));
  }

  // What lies at a pixel.

  const holds = (tile, slow, fast) =>
    slow >= tile.slow[0] && slow < tile.slow[1] && fast >= tile.fast[0] && fast < tile.fast[1];

  const isDeep = () => whole.factor > 1 && view.zoom >= DEEP;

  function tileAt(slow, fast) {
    if (!holds(whole, slow, fast)) return null;
    const exact = isDeep() ? details.find((tile) => holds(tile, slow, fast)) : undefined;
    return exact ?? whole;
  }

  function valueAt(tile, key, slow, fast) {
    const row = Math.floor((slow - tile.slow[0]) / tile.factor);
    const column = Math.floor((fast - tile.fast[0]) / tile.factor);
    return tile.planes[key][row * tile.columns + column];
  }

  function ofWhat(tile, slow, fast) {
    if (!tile) return "outside the region";
    if (tile.factor === 1) return "Values of this pixel.";
    const [s, f] = [[slow, tile.slow], [fast, tile.fast]].map(([at, [first, stop]]) => {
      const start = first + Math.floor((at - first) / tile.factor) * tile.factor;
      return `${start}..${Math.min(start + tile.factor, stop) - 1}`;
    });
    return `Of the block slow ${s}, fast ${f}: the largest intensities and the difference largest in size; ` +
      "counts and means of all its pixels.";
  }

  function readout(slow, fast) {
    const tile = tileAt(slow, fast);
    element("at-slow").textContent = slow;
    element("at-fast").textContent = fast;
    element("at-d").textContent = meta.geometry ? resolution(slow, fast).toPrecision(6) : "not known";
    for (const key of Object.keys(maps)) {
      element(`at-${key}`).textContent = tile ? text(valueAt(tile, key, slow, fast)) : "–";
    }
    element("of-what").textContent = ofWhat(tile, slow, fast);
  }

  // Drawing.

  const ratio = () => window.devicePixelRatio || 1;

  /* For each screen pixel along an axis the values of a tile that fall on it: from first to last,
     the last not included; none where first is -1. */
  function spans(count, centre, [start, stop], factor, most) {
    const size = 1 / (view.zoom * ratio());
    const first = new Int32Array(count).fill(-1), last = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      const low = centre + (i - count / 2) * size, middle = low + size / 2;
      if (middle < start || middle >= stop) continue;
      const one = size <= factor ? Math.floor((middle - start) / factor) : Math.floor((low - start) / factor);
      const end = size <= factor ? one + 1 : Math.floor((low + size - start) / factor);
      first[i] = Math.min(Math.max(one, 0), most - 1);
      last[i] = Math.min(Math.max(end, first[i] + 1), most);
    }
    return { first, last };
  }

  function paint(shown, tile) {
    const columns = spans(canvas.width, view.fast, tile.fast, tile.factor, tile.columns);
    const rows = spans(canvas.height, view.slow, tile.slow, tile.factor, tile.rows);
    const indices = indicesOf(tile, view.map);
    const middle = maps[view.map].scale.kind === "symmetric" ? EQUAL : 0;
    for (let y = 0; y < canvas.height; y++) {
      if (rows.first[y] < 0) continue;
      for (let x = 0; x < canvas.width; x++) {
        if (columns.first[x] < 0) continue;
        let found = middle;
        for (let row = rows.first[y]; row < rows.last[y]; row++) {
          for (let column = columns.first[x]; column < columns.last[x]; column++) {
            const index = indices[row * tile.columns + column];
            if (Math.abs(index - middle) > Math.abs(found - middle)) found = index;
          }
        }
        shown[y * canvas.width + x] = found;
      }
    }
  }

  // Values that differ and have no neighbour that does: [row, column].
  function lonely(tile) {
    if (!tile.lonely) {
      const { rows, columns, planes: { mismatch } } = tile;
      const differs = (row, column) =>
        row >= 0 && row < rows && column >= 0 && column < columns && mismatch[row * columns + column] > 0;
      const steps = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => [down, right]));
      tile.lonely = [];
      mismatch.forEach((count, at) => {
        if (count === 0) return;
        const row = Math.floor(at / columns), column = at % columns;
        const near = steps.filter(([down, right]) => differs(row + down, column + right));
        if (near.length === 1) tile.lonely.push([row, column]);
      });
    }
    return tile.lonely;
  }

  // A lone pixel that differs would be lost on a large screen; very many would look like more.
  function growLone(shown, tile) {
    const found = lonely(tile), reach = Math.ceil(ratio() * (LEAST_SIZE - 1) / 2);
    if (found.length > MOST_LONELY) return;
    for (const [row, column] of found) {
      const places = [tile.slow[0] + (row + 0.5) * tile.factor, tile.fast[0] + (column + 0.5) * tile.factor];
      const [x, y] = onScreen(...places).map((at) => Math.floor(at * ratio()));
      const index = indicesOf(tile, "mismatch")[row * tile.columns + column];
      for (let down = y - reach; down <= y + reach; down++) {
        for (let right = x - reach; right <= x + reach; right++) {
          const at = down * canvas.width + right;
          if (right >= 0 && right < canvas.width && shown[at] === ZERO) shown[at] = index;
        }
      }
    }
  }

  function draw() {
    const context = canvas.getContext("2d");
    const shown = new Uint16Array(canvas.width * canvas.height).fill(OUTSIDE);
    paint(shown, whole);
    if (isDeep()) details.forEach((tile) => paint(shown, tile));
    if (view.map === "mismatch" && view.zoom * whole.factor < LEAST_SIZE) growLone(shown, whole);
    const image = context.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    const packed = coloursOf(view.map).map(([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
    packed[OUTSIDE] = 0;
    for (let i = 0; i < shown.length; i++) pixels[i] = packed[shown[i]];
    context.putImageData(image, 0, 0);
    context.setTransform(ratio(), 0, 0, ratio(), 0, 0);
    if (view.zoom >= NUMBER_ZOOM) drawNumbers(context);
    if (element("rings").checked) drawRings(context);
    drawMiddle(context);
    drawScales(context);
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  const onScreen = (slow, fast) => [
    canvas.clientWidth / 2 + (fast - view.fast) * view.zoom,
    canvas.clientHeight / 2 + (slow - view.slow) * view.zoom,
  ];

  const onDetector = (x, y) => [
    view.slow + (y - canvas.clientHeight / 2) / view.zoom,
    view.fast + (x - canvas.clientWidth / 2) / view.zoom,
  ];

  // Legible on any colour.
  function label(context, words, x, y) {
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = "#ffffff";
    context.strokeText(words, x, y);
    context.fillStyle = "#000000";
    context.fillText(words, x, y);
  }

  function drawNumbers(context) {
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    const [top, left] = onDetector(0, 0).map(Math.floor);
    const [bottom, right] = onDetector(canvas.clientWidth, canvas.clientHeight).map(Math.ceil);
    for (let slow = top; slow < bottom; slow++) {
      for (let fast = left; fast < right; fast++) {
        const tile = tileAt(slow, fast);
        if (!tile || tile.factor > 1) continue;
        const value = valueAt(tile, view.map, slow, fast);
        const [r, g, b] = coloursOf(view.map)[indexOf(value, maps[view.map].scale)];
        context.fillStyle = 0.3 * r + 0.6 * g + 0.1 * b > 128 ? "#000000" : "#ffffff";
        context.fillText(`${Number(value.toPrecision(4))}`, ...onScreen(slow + 0.5, fast + 0.5));
      }
    }
  }

  // The pixel that the address names.
  function drawMiddle(context) {
    const [x, y] = onScreen(Math.floor(view.slow), Math.floor(view.fast));
    const size = view.zoom < CLOSE ? Math.max(view.zoom, 7) : view.zoom - 6, shift = (view.zoom - size) / 2;
    for (const [colour, width] of [["#ffffff", 3], ["#000000", 1]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.strokeRect(x + shift, y + shift, size, size);
    }
  }

  // Ascending numbers as 1–3, 5.
  function runs(numbers) {
    const found = [];
    for (const number of numbers) {
      const last = found.at(-1);
      if (last && last[1] === number - 1) last[1] = number;
      else found.push([number, number]);
    }
    return found.map(([first, last]) => (first === last ? first : `${first}–${last}`)).join(", ");
  }

  // Rings, and frames where pixels are large; those on one another share a label.
  function drawRings(context) {
    context.font = "bold 12px system-ui, sans-serif";
    context.textAlign = "left";
    context.textBaseline = "bottom";
    const labels = [];
    meta.worst.forEach(([slow, fast], n) => {
      const [x, y] = onScreen(slow + 0.5, fast + 0.5);
      const near = labels.find((other) => Math.hypot(other.x - x, other.y - y) < RING);
      if (near) near.numbers.push(n + 1);
      else labels.push({ x, y, numbers: [n + 1] });
    });
    const large = view.zoom >= CLOSE, half = large ? view.zoom / 2 : RING;
    for (const { x, y, numbers } of labels) {
      for (const [colour, width] of [["#ffffff", 4], ["#000000", 2]]) {
        context.strokeStyle = colour;
        context.lineWidth = width;
        context.beginPath();
        if (large) context.rect(x - half, y - half, 2 * half, 2 * half);
        else context.arc(x, y, half, 0, 2 * Math.PI);
        context.stroke();
      }
      if (large) label(context, runs(numbers), x - half + 3, y + half);
      else label(context, runs(numbers), x + half * 0.75, y - half * 0.75);
    }
  }

  function step(room) {
    const power = 10 ** Math.floor(Math.log10(room));
    return Math.max(1, power * [1, 2, 5, 10].find((times) => times * power >= room));
  }

  // Numbers of pixels along the two near edges.
  function drawScales(context) {
    const apart = step(90 / view.zoom);
    const marks = ([first, stop]) => {
      const start = Math.ceil(first / apart) * apart;
      return Array.from({ length: Math.ceil((stop - start) / apart) }, (_, n) => start + n * apart);
    };
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "top";
    context.textAlign = "center";
    for (const fast of marks(whole.fast)) {
      const [x] = onScreen(0, fast + 0.5);
      if (x > 44 && x < canvas.clientWidth - 16) label(context, `${fast}`, x, 4);
    }
    context.textBaseline = "middle";
    context.textAlign = "left";
    for (const slow of marks(whole.slow)) {
      const [, y] = onScreen(slow + 0.5, 0);
      if (y > 24 && y < canvas.clientHeight - 8) label(context, `${slow}`, 5, y);
    }
  }

  function drawLegend() {
    const map = maps[view.map], palette = coloursOf(view.map);
    for (const id of ["ramp", "ticks", "unit"]) element(id).hidden = !map.ticks.length;
    const shown = map.scale.kind === "symmetric" ? palette.slice(1) : palette.slice(FIRST, LAST + 1);
    const bar = element("ramp");
    bar.width = shown.length;
    const context = bar.getContext("2d"), image = context.createImageData(shown.length, 1);
    shown.forEach((colour, i) => image.data.set([...colour, 255], 4 * i));
    context.putImageData(image, 0, 0);
    element("ticks").replaceChildren(...map.ticks.map(([place, words]) => {
      const tick = document.createElement("span");
      tick.textContent = words;
      tick.style.left = `${100 * place}%`;
      return tick;
    }));
    let end = -Infinity;
    for (const tick of element("ticks").children) {
      const box = tick.getBoundingClientRect();
      tick.hidden = box.left < end;
      if (!tick.hidden) end = box.right + 4;
    }
    element("unit").textContent = map.unit;
    element("swatches").replaceChildren(...map.swatches.map(([index, words]) => {
      const line = document.createElement("div"), swatch = document.createElement("i");
      swatch.style.background = `rgb(${palette[index].join(",")})`;
      line.append(swatch, words);
      return line;
    }));
  }

  // The view.

  function read() {
    readout(...(hovered ?? [Math.floor(view.slow), Math.floor(view.fast)]));
    const closer = isDeep() && details.length ? "; every pixel around the worst ones" : "";
    element("caption").textContent = maps[view.map].title + closer;
  }

  let due = false;
  function update() {
    read();
    if (due) return;
    due = true;
    requestAnimationFrame(drawDue);
    // A page that nobody sees is given no frames, and is to be right all the same.
    setTimeout(drawDue, 100);
  }

  function drawDue() {
    if (due) draw();
    due = false;
  }

  const fitting = () => Math.min(
    canvas.clientWidth / (whole.fast[1] - whole.fast[0]),
    canvas.clientHeight / (whole.slow[1] - whole.slow[0]),
  );

  function move(slow, fast, zoom = view.zoom) {
    const within = (x, [first, stop]) => Math.min(Math.max(x, first), stop - 1e-6);
    view.zoom = Math.min(Math.max(zoom, fitting() / 2), MOST_ZOOM);
    view.slow = within(slow, whole.slow);
    view.fast = within(fast, whole.fast);
    update();
    writeSoon();
  }

  function fit() {
    const [slow, fast] = [whole.slow, whole.fast].map(([first, stop]) => (first + stop) / 2);
    move(slow, fast, fitting());
  }

  // About a place on the screen, which stays where it is.
  function zoomBy(times, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
    const zoom = Math.min(Math.max(view.zoom * times, fitting() / 2), MOST_ZOOM);
    const [slow, fast] = onDetector(x, y);
    const kept = view.zoom / zoom;
    move(slow + (view.slow - slow) * kept, fast + (view.fast - fast) * kept, zoom);
  }

  function choose(key) {
    view.map = key;
    element(`choose-${key}`).checked = true;
    drawLegend();
    update();
    writeSoon();
  }

  function tell() {
    const told = ["slow", "fast", "reference", "other", "difference"];
    element("told").textContent = told.map((name) => `${name} ${element(`at-${name}`).textContent}`).join(", ");
  }

  // The address.

  // Browsers do not take it many times a second.
  let writing = 0;
  function writeSoon() {
    clearTimeout(writing);
    writing = setTimeout(write, 200);
  }

  function write() {
    const at = `slow=${Math.floor(view.slow)}&fast=${Math.floor(view.fast)}`;
    written = `#map=${view.map}&${at}&zoom=${Number(view.zoom.toPrecision(4))}`;
    try {
      history.replaceState(null, "", written);
    } catch {
      location.hash = written;
    }
  }

  function follow(hash) {
    hovered = null;
    const asked = new URLSearchParams(hash.slice(1));
    const number = (name) => (asked.get(name) ? Number(asked.get(name)) : NaN);
    if (Object.hasOwn(maps, asked.get("map") ?? "")) choose(asked.get("map"));
    const [slow, fast, zoom] = ["slow", "fast", "zoom"].map(number);
    if (Number.isFinite(slow) && Number.isFinite(fast)) {
      move(Math.floor(slow) + 0.5, Math.floor(fast) + 0.5, zoom > 0 ? zoom : CLOSE);
    }
    clearTimeout(writing);
  }

  function show([slow, fast]) {
    hovered = null;
    move(slow + 0.5, fast + 0.5, Math.max(view.zoom, CLOSE));
    tell();
  }

  // What people do.

  const KEYS = {
    "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), _: () => zoomBy(1 / 1.5),
    0: fit, ArrowLeft: (by) => pan(0, -1, by), ArrowRight: (by) => pan(0, 1, by),
    ArrowUp: (by) => pan(-1, 0, by), ArrowDown: (by) => pan(1, 0, by),
  };

  function pan(slow, fast, byOne) {
    const part = byOne ? 1 : Math.max(1, canvas.clientWidth / 10 / view.zoom);
    move(view.slow + slow * part, view.fast + fast * part);
  }

  function onKey(event) {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    hovered = null;
    act(event.shiftKey);
    tell();
  }

  const within = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left - canvas.clientLeft, event.clientY - box.top - canvas.clientTop];
  };

  function onWheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 100 : 1;
    zoomBy(Math.exp(-event.deltaY * lines * 0.0015), ...within(event));
  }

  let drag = null;
  function onDown(event) {
    if (event.button !== 0) return;
    drag = { x: event.clientX, y: event.clientY, slow: view.slow, fast: view.fast, moved: false };
  }

  function onMove(event) {
    if (drag) {
      const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
      drag.moved ||= Math.hypot(dx, dy) > 3;
      if (drag.moved) move(drag.slow - dy / view.zoom, drag.fast - dx / view.zoom);
      return;
    }
    hovered = event.target === canvas ? onDetector(...within(event)).map(Math.floor) : null;
    read();
  }

  function onUp(event) {
    if (drag && !drag.moved && event.type === "pointerup") pick(event);
    drag = null;
  }

  // A click: a worst pixel is gone to, any other is kept in the middle.
  function pick(event) {
    const [x, y] = within(event);
    const ring = element("rings").checked ? meta.worst.find(([slow, fast]) => {
      const [rx, ry] = onScreen(slow + 0.5, fast + 0.5);
      return view.zoom < CLOSE && Math.hypot(rx - x, ry - y) <= RING;
    }) : undefined;
    if (ring) {
      show(ring);
      return;
    }
    const [slow, fast] = onDetector(x, y).map(Math.floor);
    if (!holds(whole, slow, fast)) return;
    hovered = null;
    move(slow + 0.5, fast + 0.5);
    tell();
  }

  function listen() {
    canvas.addEventListener("keydown", onKey);
    canvas.addEventListener("wheel", onWheel, { passive: false });
    canvas.addEventListener("pointerdown", onDown);
    window.addEventListener("pointermove", onMove);
    window.addEventListener("pointerup", onUp);
    window.addEventListener("pointercancel", onUp);
    element("nearer").addEventListener("click", () => zoomBy(1.5));
    element("farther").addEventListener("click", () => zoomBy(1 / 1.5));
    element("all").addEventListener("click", fit);
    element("rings").addEventListener("change", update);
    for (const link of document.querySelectorAll("a.jump")) {
      link.addEventListener("click", () => {
        follow(link.hash);
        tell();
        canvas.scrollIntoView({ block: "nearest" });
      });
    }
    window.addEventListener("hashchange", () => {
      if (location.hash !== written) follow(location.hash);
    });
    // At once: a canvas of another size is empty until it is drawn.
    new ResizeObserver(() => resize() && draw()).observe(canvas);
  }

  // As many values as the screen has pixels; whether there are more or fewer than before.
  function resize() {
    const sizes = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.max(1, Math.round(size * ratio())));
    if (canvas.width === sizes[0] && canvas.height === sizes[1]) return false;
    [canvas.width, canvas.height] = sizes;
    return true;
  }

  function offer() {
    element("choice").append(...meta.maps.map((map) => {
      const line = document.createElement("label"), input = document.createElement("input");
      const words = document.createElement("span");
      Object.assign(input, { type: "radio", name: "map", id: `choose-${map.key}`, value: map.key });
      input.addEventListener("change", () => choose(map.key));
      words.textContent = map.label;
      line.append(input, words);
      return line;
    }));
    for (const part of document.querySelectorAll(".tap4")) part.hidden = !maps.mismatch;
    for (const part of document.querySelectorAll(".lookups")) part.hidden = !maps.f_cell;
  }

  async function start() {
    [whole, ...details] = await Promise.all(meta.tiles.map(tileOf));
    offer();
    resize();
    choose(view.map);
    fit();
    follow(location.hash);
    listen();
    document.documentElement.dataset.ready = "yes";
  }

  start().catch((error) => {
    element("caption").textContent = `The maps cannot be shown: ${error.message}`;
    throw error;
  });
})();
