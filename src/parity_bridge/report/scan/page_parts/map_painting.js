/* The map: coloured value by value and put on the screen pixel by pixel. Where several values fall
   on one pixel of the screen, the most conspicuous is shown, so that none is lost. */

// More isolated pixels than these are not enlarged: they would look like more than they are.
const MOST_ISOLATED = 2000;

const ratio = () => window.devicePixelRatio || 1;

/* For each screen pixel along an axis the values of a tile that fall on it: from first to last,
   the last not included; none where first is -1. */
function spans(count, centre, [start, stop], factor, most) {
  const size = 1 / (view.zoom * ratio());
  const first = new Int32Array(count).fill(-1), last = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const low = centre + (i - count / 2) * size, middle = low + size / 2;
    if (middle < start || middle >= stop) continue;
    const begin = size <= factor ? Math.floor((middle - start) / factor) : Math.floor((low - start) / factor);
    const end = size <= factor ? begin + 1 : Math.floor((low + size - start) / factor);
    first[i] = Math.min(Math.max(begin, 0), most - 1);
    last[i] = Math.min(Math.max(end, first[i] + 1), most);
  }
  return { first, last };
}

function paint(screenIndices, tile) {
  const columns = spans(canvas.width, view.fast, tile.fast, tile.factor, tile.columns);
  const rows = spans(canvas.height, view.slow, tile.slow, tile.factor, tile.rows);
  const indices = indicesOf(tile, view.map);
  const middle = maps[view.map].scale.kind === "symmetric" ? EQUAL : 0;
  for (let y = 0; y < canvas.height; y++) {
    if (rows.first[y] < 0) continue;
    for (let x = 0; x < canvas.width; x++) {
      if (columns.first[x] < 0) continue;
      let mostConspicuous = middle;
      for (let row = rows.first[y]; row < rows.last[y]; row++) {
        for (let column = columns.first[x]; column < columns.last[x]; column++) {
          const index = indices[row * tile.columns + column];
          if (Math.abs(index - middle) > Math.abs(mostConspicuous - middle)) mostConspicuous = index;
        }
      }
      screenIndices[y * canvas.width + x] = mostConspicuous;
    }
  }
}

// Values that differ and have no neighbour that differs: [row, column].
function isolatedMismatches(tile) {
  if (!tile.isolated) {
    const { rows, columns, planes: { mismatch } } = tile;
    const differs = (row, column) =>
      row >= 0 && row < rows && column >= 0 && column < columns && mismatch[row * columns + column] > 0;
    const steps = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => [down, right]));
    tile.isolated = [];
    mismatch.forEach((count, at) => {
      if (count === 0) return;
      const row = Math.floor(at / columns), column = at % columns;
      const near = steps.filter(([down, right]) => differs(row + down, column + right));
      if (near.length === 1) tile.isolated.push([row, column]);
    });
  }
  return tile.isolated;
}

// An isolated pixel that differs would be lost on a large screen.
function growIsolated(screenIndices, tile) {
  const isolated = isolatedMismatches(tile), reach = Math.ceil(ratio() * (LEAST_SIZE - 1) / 2);
  if (isolated.length > MOST_ISOLATED) return;
  for (const [row, column] of isolated) {
    const places = [tile.slow[0] + (row + 0.5) * tile.factor, tile.fast[0] + (column + 0.5) * tile.factor];
    const [x, y] = onScreen(...places).map((at) => Math.floor(at * ratio()));
    const index = indicesOf(tile, "mismatch")[row * tile.columns + column];
    for (let down = y - reach; down <= y + reach; down++) {
      for (let right = x - reach; right <= x + reach; right++) {
        const at = down * canvas.width + right;
        if (right >= 0 && right < canvas.width && screenIndices[at] === ZERO) screenIndices[at] = index;
      }
    }
  }
}

function draw() {
  const context = canvas.getContext("2d");
  const screenIndices = new Uint16Array(canvas.width * canvas.height).fill(OUTSIDE);
  paint(screenIndices, whole);
  if (showsDetails()) details.forEach((tile) => paint(screenIndices, tile));
  if (view.map === "mismatch" && view.zoom * whole.factor < LEAST_SIZE) growIsolated(screenIndices, whole);
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const packed = coloursOf(view.map).map(([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
  packed[OUTSIDE] = 0;
  for (let i = 0; i < screenIndices.length; i++) pixels[i] = packed[screenIndices[i]];
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
