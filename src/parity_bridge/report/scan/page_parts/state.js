/* What all parts share: sizes, the data of the page, and what is shown now.

   The parts are functions of one scope, in the order that page.py states. Places are in pixels of
   the detector: pixel n reaches from n to n + 1. */

// CSS pixels: the largest pixel; one that shows its number; an isolated difference; a ring.
const MOST_ZOOM = 96, NUMBER_ZOOM = 60, LEAST_SIZE = 3, RING = 10;
// CSS pixels of a worst pixel that is shown, and from which on maps of full size are used.
const WORST_PIXEL_ZOOM = 16, DETAILS_ZOOM = LEAST_SIZE;

const element = (id) => document.getElementById(id);
const meta = JSON.parse(element("meta").textContent);
const canvas = element("map");
const maps = Object.fromEntries(meta.maps.map((map) => [map.key, map]));
const view = { map: meta.first, slow: 0, fast: 0, zoom: 1 };
// Tiles: the whole region, and full size around the worst pixels.
let whole = null;
let details = [];
// The pixel under the pointer, if any.
let hovered = null;
