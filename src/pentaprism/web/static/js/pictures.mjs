// A picture that is missing leaves a neutral hole, not the browser's sign for a broken one.

const blank = new URL("../blank.svg", import.meta.url).href;

function hide(image) {
  if (image.src !== blank) image.src = blank;
}

export function start() {
  const failed = (event) => event.target.matches?.("img[data-picture]") && hide(event.target);
  document.addEventListener("error", failed, true);
  for (const image of document.querySelectorAll("img[data-picture]")) {
    if (image.complete && !image.naturalWidth) hide(image);
  }
}
