// Values out of the page's elements: base64, zlib, bytes in planes.

function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function planeBits(id) {
  const stream = new Blob([bytesOf(element(id).textContent)]).stream();
  const inflated = stream.pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
  // All first bytes lie together, then all second ones: so they compress better.
  const count = bytes.length / 4, bits = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    bits[i] = bytes[i] | (bytes[i + count] << 8) | (bytes[i + 2 * count] << 16) | (bytes[i + 3 * count] << 24);
  }
  return bits;
}

async function loadTile(description) {
  const names = Object.keys(description.planes);
  const bitsOfPlanes = await Promise.all(names.map((name) => planeBits(description.planes[name])));
  const planes = {};
  names.forEach((name, n) => { planes[name] = bitsOfPlanes[n]; });
  // The other image is stored by the bits in which it differs from the reference.
  planes.other.forEach((bits, i) => { planes.other[i] = bits ^ planes.reference[i]; });
  for (const name of names) {
    planes[name] = name === "mismatch" ? new Int32Array(planes[name].buffer) : new Float32Array(planes[name].buffer);
  }
  return { ...description, planes, indices: {} };
}
