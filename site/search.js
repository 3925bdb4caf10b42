// How the site searches.

const LEFT_OUT = /^(index|changelog|contributing|about|decisions\/.*)\.md$/;

/** As VitePress builds the index; tests read it the same way. */
export const INDEX_OPTIONS = { fields: ["title", "titles", "text"], storeFields: ["title", "titles"] };

const SAY_NOTHING = new Set(
  (
    "a about all am an and any are as at be by can could did do does for from had has have how i if in into is it its " +
    "may me my no not of off on one or our shall should so some that the their them there these they this to up us " +
    "use used using was we what when where which who why will with would you your"
  ).split(" "),
);
/** What people ask for, by the word that the docs have for it. */
const SAID_HERE = {
  deduplicate: "once",
  deliver: "destination",
  duplicates: "twice",
  exceeded: "exhausted",
  gdpr: "personal",
  max: "limit",
  maximum: "limit",
  quota: "limit",
  start: "quickstart",
  started: "quickstart",
  uninstall: "destroy",
};
const ENDING = /(ations?|ating|ated|ates?|(?<=[ts])ions?|ing|ies|ied|ed|es|s|e|y)$/;
const SHORTEST_STEM = 3;
const IS_TABLE = /^\/docs\/(errors|limits|benchmarks|operate)/;

/** Return the words of a question that tell something, each up to where its forms part ways. */
export function termsOf(question) {
  const words = question.toLowerCase().split(/[\s\p{P}]+/u);
  return words
    .filter((word) => word && !SAY_NOTHING.has(word))
    .map((word) => SAID_HERE[word] ?? word)
    .map((word) => (word.length < 5 ? word : word.replace(ENDING, (end, _, at) => (at < SHORTEST_STEM ? end : ""))));
}

/** A page that is about a word stands before one that names it, and both before tables. */
function weigh(id, term, { title }) {
  const kind = IS_TABLE.test(id) ? 0.6 : 1;
  const [path, place] = id.split("#");
  if (place && place !== path.split("/").pop()) return kind;
  return kind * (title.toLowerCase().includes(term) ? 2.5 : 1.2);
}

const OPTIONS = {
  tokenize: (text) => text.split(" "),
  processTerm: (term) => term,
  prefix: (term) => term.length > 1,
  fuzzy: (term) => (term.length > 5 ? 0.15 : false),
  weights: { fuzzy: 0.2, prefix: 0.7 },
  boost: { title: 3, titles: 2, text: 1 },
  boostDocument: weigh,
};

/** Return what answers a question, by a search of MiniSearch: what has all of its words, or else what has some. */
export function find(search, question) {
  const terms = termsOf(question).join(" ");
  if (!terms) return [];
  const withAll = search(terms, { ...OPTIONS, combineWith: "AND" });
  return withAll.length > 0 ? withAll : search(terms, { ...OPTIONS, combineWith: "OR" });
}

/**
 * Return the HTML of a page of which the index is made: each code is a heading, so that it is found under its name.
 * Nobody looks for what was decided or changed before all else, nor for the index of all pages.
 */
export function searchedHtml(source, env, md) {
  if (LEFT_OUT.test(env.relativePath)) return "";
  const html = md.render(source, env);
  return html.replace(/<tr[^>]* id="(\w+)"[^>]*>/g, '<h4>$1 <a href="#$1">#</a></h4>$&');
}
