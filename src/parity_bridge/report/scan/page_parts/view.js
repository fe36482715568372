// The view: which map, which pixel is in the middle, and how large pixels are.

function updateReadout() {
  readout(...(hovered ?? [Math.floor(view.slow), Math.floor(view.fast)]));
  const closer = showsDetails() && details.length ? "; every pixel around the worst ones" : "";
  element("caption").textContent = maps[view.map].title + closer;
}

let drawPending = false;
function update() {
  updateReadout();
  if (drawPending) return;
  drawPending = true;
  requestAnimationFrame(drawIfPending);
  // A hidden page is given no frames, and must be right all the same.
  setTimeout(drawIfPending, 100);
}

function drawIfPending() {
  if (drawPending) draw();
  drawPending = false;
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
  writeAddressSoon();
}

function fit() {
  const [slow, fast] = [whole.slow, whole.fast].map(([first, stop]) => (first + stop) / 2);
  move(slow, fast, fitting());
}

// Zoom about a place on the screen, which stays where it is.
function zoomBy(times, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const zoom = Math.min(Math.max(view.zoom * times, fitting() / 2), MOST_ZOOM);
  const [slow, fast] = onDetector(x, y);
  const ratioOfZooms = view.zoom / zoom;
  move(slow + (view.slow - slow) * ratioOfZooms, fast + (view.fast - fast) * ratioOfZooms, zoom);
}

function choose(key) {
  view.map = key;
  element(`choose-${key}`).checked = true;
  drawLegend();
  update();
  writeAddressSoon();
}

// For screen readers, after a deliberate step.
function announcePixel() {
  const names = ["slow", "fast", "reference", "other", "difference"];
  element("announcement").textContent = names.map((name) => `${name} ${element(`at-${name}`).textContent}`).join(", ");
}
