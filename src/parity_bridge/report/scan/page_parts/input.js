// What keys, wheel and pointer do.

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
  announcePixel();
}

const placeOnCanvas = (event) => {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left - canvas.clientLeft, event.clientY - box.top - canvas.clientTop];
};

function onWheel(event) {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 100 : 1;
  zoomBy(Math.exp(-event.deltaY * lines * 0.0015), ...placeOnCanvas(event));
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
  hovered = event.target === canvas ? onDetector(...placeOnCanvas(event)).map(Math.floor) : null;
  updateReadout();
}

function onUp(event) {
  if (drag && !drag.moved && event.type === "pointerup") pickPixel(event);
  drag = null;
}

// A click on the ring of a worst pixel shows that pixel; any other pixel becomes the middle.
function pickPixel(event) {
  const [x, y] = placeOnCanvas(event);
  const ring = element("rings").checked ? meta.worst.find(([slow, fast]) => {
    const [rx, ry] = onScreen(slow + 0.5, fast + 0.5);
    return view.zoom < WORST_PIXEL_ZOOM && Math.hypot(rx - x, ry - y) <= RING;
  }) : undefined;
  if (ring) {
    showPixel(ring);
    return;
  }
  const [slow, fast] = onDetector(x, y).map(Math.floor);
  if (!holds(whole, slow, fast)) return;
  hovered = null;
  move(slow + 0.5, fast + 0.5);
  announcePixel();
}
