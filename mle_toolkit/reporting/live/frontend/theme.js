// Dark or light, as the surroundings are.

/**
 * Keep `data-theme` of the root as dark or light as the page behind it.
 *
 * JupyterLab, VS Code, Colab and a plain page say it in different ways; all of them
 * paint the background, so that is what is looked at.
 *
 * @returns {() => void} stops watching
 */
export function watchTheme(root) {
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  let timer = 0;
  const set = () => {
    const light = backgroundLight(root.parentElement);
    root.dataset.theme = (light === null ? media.matches : light < 0.5) ? "dark" : "light";
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(set, 50); };
  const watch = new MutationObserver(later);
  for (const one of [document.documentElement, document.body]) {
    watch.observe(one, { attributes: true });
  }
  media.addEventListener("change", later);
  set();
  // The first look may come before the element is part of the page.
  later();
  return () => { clearTimeout(timer); watch.disconnect(); media.removeEventListener("change", later); };
}

/** Luma (0 to 1) of the nearest background that is not transparent; null: none. */
function backgroundLight(from) {
  for (let el = from; el; el = el.parentElement) {
    const [r, g, b, a = 1] = (getComputedStyle(el).backgroundColor.match(/[\d.]+/g) || []).map(Number);
    if (b !== undefined && a > 0.5) return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
  }
  return null;
}
