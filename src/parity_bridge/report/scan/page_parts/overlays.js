// What lies over the map: numbers of pixels, the middle, rings around the worst, scales.

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
  const size = view.zoom < WORST_PIXEL_ZOOM ? Math.max(view.zoom, 7) : view.zoom - 6, shift = (view.zoom - size) / 2;
  for (const [colour, width] of [["#ffffff", 3], ["#000000", 1]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(x + shift, y + shift, size, size);
  }
}

// Ascending numbers as 1–3, 5.
function numberRanges(numbers) {
  const ranges = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([first, last]) => (first === last ? first : `${first}–${last}`)).join(", ");
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
  const large = view.zoom >= WORST_PIXEL_ZOOM, half = large ? view.zoom / 2 : RING;
  for (const { x, y, numbers } of labels) {
    for (const [colour, width] of [["#ffffff", 4], ["#000000", 2]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      if (large) context.rect(x - half, y - half, 2 * half, 2 * half);
      else context.arc(x, y, half, 0, 2 * Math.PI);
      context.stroke();
    }
    if (large) label(context, numberRanges(numbers), x - half + 3, y + half);
    else label(context, numberRanges(numbers), x + half * 0.75, y - half * 0.75);
  }
}

// A round number of pixels, at least `room`.
function markDistance(room) {
  const power = 10 ** Math.floor(Math.log10(room));
  return Math.max(1, power * [1, 2, 5, 10].find((times) => times * power >= room));
}

// Numbers of pixels along the two near edges.
function drawScales(context) {
  const distance = markDistance(90 / view.zoom);
  const marks = ([first, stop]) => {
    const start = Math.ceil(first / distance) * distance;
    return Array.from({ length: Math.ceil((stop - start) / distance) }, (_, n) => start + n * distance);
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
