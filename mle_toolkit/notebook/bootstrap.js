// All that is kept in a saved notebook: fetches the front end from the kernel.
//
// The whole front end in every widget's state would swell notebooks that keep
// widget state, and without a kernel it could show nothing anyway.

const SILENCE_MS = 4000;
const AGAIN_MS = 10000;
const QUIET = "No kernel answers. Run the cell again to watch live.";

export default {
  render({ model, el }) {
    let leave = () => {};
    let gone = false;
    const begin = async () => {
      const module = await fetchFrontEnd(model, el);
      if (!gone) leave = (await module.default.render({ model, el })) || leave;
    };
    begin();
    return () => { gone = true; leave(); };
  },
};

/** The module, loaded once in a page however many views there are. */
async function fetchFrontEnd(model, el) {
  const { js, css, mark } = await ask(model, el);
  const loaded = (globalThis.mleFrontEnds ||= new Map());
  if (!loaded.has(mark)) {
    const url = URL.createObjectURL(new Blob([js], { type: "text/javascript" }));
    loaded.set(mark, import(url).finally(() => URL.revokeObjectURL(url)));
  }
  const style = document.createElement("style");
  style.textContent = css;
  el.replaceChildren(style);
  return loaded.get(mark);
}

/** Ask until there is an answer; say so while there is none. */
function ask(model, el) {
  const id = `bootstrap-${Math.random().toString(36).slice(2)}`;
  return new Promise((resolve) => {
    let timer = 0;
    const receive = (message) => {
      if (message?.re !== id || !message.ok) return;
      clearTimeout(timer);
      model.off("msg:custom", receive);
      resolve(message.result);
    };
    const send = () => {
      try {
        model.send({ id, op: "frontend" });
      } catch {
        // Without a kernel there is nobody to send to.
      }
    };
    const silent = () => {
      const line = document.createElement("p");
      line.textContent = QUIET;
      line.style.cssText = "margin:4px 0;opacity:0.7;font-size:12px";
      el.replaceChildren(line);
      send();
      timer = setTimeout(silent, AGAIN_MS);
    };
    model.on("msg:custom", receive);
    send();
    timer = setTimeout(silent, SILENCE_MS);
  });
}
