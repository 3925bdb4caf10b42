import MiniSearch from "minisearch";
import { defineAsyncComponent, h } from "vue";
import DefaultTheme from "vitepress/theme-without-fonts";

import { find } from "../../search.js";
import NotFound from "./NotFound.vue";
import "./style.css";

// VitePress takes functions among the options of search as text, which the site's policy does not run as code.
const { search } = MiniSearch.prototype;
MiniSearch.prototype.search = function (question) {
  return find((terms, options) => search.call(this, terms, options), question);
};

// The reference comes with its page, not with every page.
const ApiReference = defineAsyncComponent(() => import("./ApiReference.vue"));

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { "not-found": () => h(NotFound) }),
  enhanceApp: ({ app }) => app.component("ApiReference", ApiReference),
};
