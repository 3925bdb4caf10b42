// How the site searches. The options go to the browser, and hold no function: the site's policy runs no text as code.

const LEFT_OUT = /^(changelog|contributing|about|decisions\/.*)\.md$/;

/** As VitePress builds the index; tests read it the same way. */
export const INDEX_OPTIONS = { fields: ["title", "titles", "text"], storeFields: ["title", "titles"] };

export const SEARCH_OPTIONS = { fuzzy: 0.1, prefix: true, boost: { title: 2, titles: 2, text: 1 } };

/**
 * Return the HTML of a page of which the index is made: each code is a heading, so that it is found under its name.
 * Nobody looks for what was decided or changed before all else.
 */
export function searchedHtml(source, env, md) {
  if (LEFT_OUT.test(env.relativePath)) return "";
  const html = md.render(source, env);
  return html.replace(/<tr[^>]* id="(\w+)"[^>]*>/g, '<h4>$1 <a href="#$1">#</a></h4>$&');
}
