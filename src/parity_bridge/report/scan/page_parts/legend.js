// What the colours of the chosen map mean.

function drawLegend() {
  const map = maps[view.map], palette = coloursOf(view.map);
  for (const id of ["ramp", "ticks", "unit"]) element(id).hidden = !map.ticks.length;
  const ramp = map.scale.kind === "symmetric" ? palette.slice(1) : palette.slice(FIRST, LAST + 1);
  const bar = element("ramp");
  bar.width = ramp.length;
  const context = bar.getContext("2d"), image = context.createImageData(ramp.length, 1);
  ramp.forEach((colour, i) => image.data.set([...colour, 255], 4 * i));
  context.putImageData(image, 0, 0);
  element("ticks").replaceChildren(...map.ticks.map(([place, words]) => {
    const tick = document.createElement("span");
    tick.textContent = words;
    tick.style.left = `${100 * place}%`;
    return tick;
  }));
  let end = -Infinity;
  for (const tick of element("ticks").children) {
    const box = tick.getBoundingClientRect();
    tick.hidden = box.left < end;
    if (!tick.hidden) end = box.right + 4;
  }
  element("unit").textContent = map.unit;
  element("swatches").replaceChildren(...map.swatches.map(([index, words]) => {
    const line = document.createElement("div"), swatch = document.createElement("i");
    swatch.style.background = `rgb(${palette[index].join(",")})`;
    line.append(swatch, words);
    return line;
  }));
}
