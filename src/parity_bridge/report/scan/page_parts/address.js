// The address of the page, which names map, pixel and zoom.

let writtenAddress = "";
// Browsers do not accept a new address many times a second.
let addressTimer = 0;
function writeAddressSoon() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(writeAddress, 200);
}

function writeAddress() {
  const at = `slow=${Math.floor(view.slow)}&fast=${Math.floor(view.fast)}`;
  writtenAddress = `#map=${view.map}&${at}&zoom=${Number(view.zoom.toPrecision(4))}`;
  try {
    history.replaceState(null, "", writtenAddress);
  } catch {
    location.hash = writtenAddress;
  }
}

function followAddress(hash) {
  hovered = null;
  const parameters = new URLSearchParams(hash.slice(1));
  const number = (name) => (parameters.get(name) ? Number(parameters.get(name)) : NaN);
  if (Object.hasOwn(maps, parameters.get("map") ?? "")) choose(parameters.get("map"));
  const [slow, fast, zoom] = ["slow", "fast", "zoom"].map(number);
  if (Number.isFinite(slow) && Number.isFinite(fast)) {
    move(Math.floor(slow) + 0.5, Math.floor(fast) + 0.5, zoom > 0 ? zoom : WORST_PIXEL_ZOOM);
  }
  clearTimeout(addressTimer);
}

function showPixel([slow, fast]) {
  hovered = null;
  move(slow + 0.5, fast + 0.5, Math.max(view.zoom, WORST_PIXEL_ZOOM));
  announcePixel();
}
