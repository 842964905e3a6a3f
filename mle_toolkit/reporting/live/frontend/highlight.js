// Python source in colours, and tracebacks found in output.

const TOO_LONG = 200000;

const KEYWORDS = new Set(
  ("and as assert async await break case class continue def del elif else except finally for "
  + "from global if import in is lambda match nonlocal not or pass raise return try while with "
  + "yield").split(" "));
const CONSTANTS = new Set(["None", "True", "False", "self", "cls", "Ellipsis"]);
const BUILTINS = new Set(
  ("abs all any bool bytes dict enumerate filter float getattr hasattr int isinstance iter len "
  + "list map max min next open print range repr reversed round set setattr sorted str sum super "
  + "tuple type zip").split(" "));

// Comment, triple-quoted string, string, decorator, number, word.  A string that is
// never closed ends with the text or the line, so that every branch is linear.
const TOKEN = new RegExp([
  "(#[^\\n]*)",
  "((?:[rbfuRBFU]{1,2})?(?:\"\"\"[^]*?(?:\"\"\"|$)|'''[^]*?(?:'''|$)"
  + "|\"(?:\\\\[^]|[^\"\\\\\\n])*(?:\"|(?=\\n)|$)|'(?:\\\\[^]|[^'\\\\\\n])*(?:'|(?=\\n)|$)))",
  "(@[A-Za-z_][\\w.]*)",
  "(\\b(?:0[xXoObB][\\da-fA-F_]+|\\d[\\d_]*(?:\\.[\\d_]*)?(?:[eE][+-]?\\d+)?j?))",
  "([A-Za-z_\\u0080-\\uffff][\\w\\u0080-\\uffff]*)",
].join("|"), "g");
const CLASSES = ["com", "str", "dec", "num"];

/** Python text as spans `tok-kw`, `tok-str` ...; as plain text above 200,000 characters. */
export function highlightPython(text) {
  const out = document.createDocumentFragment();
  if (text.length > TOO_LONG) {
    out.append(text);
    return out;
  }
  let done = 0;
  let before = "";
  for (const match of text.matchAll(TOKEN)) {
    const word = match[5];
    const name = word ? wordClass(word, before) : CLASSES[[1, 2, 3, 4].find((i) => match[i]) - 1];
    before = word || "";
    if (!name) continue;
    if (match.index > done) out.append(text.slice(done, match.index));
    const span = document.createElement("span");
    span.className = `tok-${name}`;
    span.textContent = match[0];
    out.append(span);
    done = match.index + match[0].length;
  }
  out.append(text.slice(done));
  return out;
}

function wordClass(word, before) {
  if (before === "def" || before === "class") return "def";
  if (KEYWORDS.has(word)) return "kw";
  if (CONSTANTS.has(word)) return "const";
  return BUILTINS.has(word) ? "fn" : "";
}

const HEAD = "Traceback (most recent call last)";

/**
 * Split output at its tracebacks.
 *
 * @returns {{traceback: boolean, text: string, last: string}[]} in order; `last` is
 *   the line that names the exception.
 */
export function foldTracebacks(text) {
  const parts = [];
  let from = 0;
  let at = text.indexOf(HEAD);
  while (at >= 0) {
    const start = text.lastIndexOf("\n", at) + 1;
    const { end, last } = tracebackEnd(text, at);
    if (start > from) parts.push({ traceback: false, text: text.slice(from, start), last: "" });
    parts.push({ traceback: true, text: text.slice(Math.max(from, start), end), last });
    from = end;
    at = text.indexOf(HEAD, end);
  }
  if (from < text.length) parts.push({ traceback: false, text: text.slice(from), last: "" });
  return parts;
}

/** A traceback goes on while lines are indented; the first that is not names the error. */
function tracebackEnd(text, at) {
  let line = text.indexOf("\n", at) + 1;
  while (line > 0 && line < text.length) {
    const stop = text.indexOf("\n", line);
    const end = stop < 0 ? text.length : stop + 1;
    const first = text[line];
    if (first !== " " && first !== "\t" && first !== "\n" && first !== "|") {
      return { end, last: text.slice(line, end).trim().slice(0, 400) };
    }
    line = end;
  }
  return { end: text.length, last: "" };
}
