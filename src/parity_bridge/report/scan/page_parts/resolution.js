// The resolution of a pixel: its d in Å.

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
  const incident = unit(g.beam), scattered = unit(at).map((x, i) => x - incident[i]);
  return g.wavelength / Math.sqrt(dot(scattered, scattered));
}
