import { defineAsyncComponent } from "vue";
import DefaultTheme from "vitepress/theme-without-fonts";

import "./style.css";

// The reference comes with its page, not with every page.
const ApiReference = defineAsyncComponent(() => import("./ApiReference.vue"));

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => app.component("ApiReference", ApiReference),
};
