// Listening, the size of the canvas, the choice of maps, and the first picture.

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
      followAddress(link.hash);
      announcePixel();
      canvas.scrollIntoView({ block: "nearest" });
    });
  }
  window.addEventListener("hashchange", () => {
    if (location.hash !== writtenAddress) followAddress(location.hash);
  });
  // At once: a canvas of another size is empty until it is drawn.
  new ResizeObserver(() => resize() && draw()).observe(canvas);
}

// Give the canvas as many values as the screen has pixels; say whether their number changed.
function resize() {
  const sizes = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.max(1, Math.round(size * ratio())));
  if (canvas.width === sizes[0] && canvas.height === sizes[1]) return false;
  [canvas.width, canvas.height] = sizes;
  return true;
}

function addMapChoices() {
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
  [whole, ...details] = await Promise.all(meta.tiles.map(loadTile));
  addMapChoices();
  resize();
  choose(view.map);
  fit();
  followAddress(location.hash);
  listen();
  document.documentElement.dataset.ready = "yes";
}

start().catch((error) => {
  element("caption").textContent = `The maps cannot be shown: ${error.message}`;
  throw error;
});
