// What lies at a pixel, in words.

const holds = (tile, slow, fast) =>
  slow >= tile.slow[0] && slow < tile.slow[1] && fast >= tile.fast[0] && fast < tile.fast[1];

const showsDetails = () => whole.factor > 1 && view.zoom >= DETAILS_ZOOM;

function tileAt(slow, fast) {
  if (!holds(whole, slow, fast)) return null;
  const detail = showsDetails() ? details.find((tile) => holds(tile, slow, fast)) : undefined;
  return detail ?? whole;
}

function valueAt(tile, key, slow, fast) {
  const row = Math.floor((slow - tile.slow[0]) / tile.factor);
  const column = Math.floor((fast - tile.fast[0]) / tile.factor);
  return tile.planes[key][row * tile.columns + column];
}

function sourceText(tile, slow, fast) {
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
  element("of-what").textContent = sourceText(tile, slow, fast);
}
