// A plugin of Swagger UI: the page has its title already, and there is one server, its own.

const NOTHING = () => () => null;

export const fitForSite = ({ React }) => ({
  wrapComponents: {
    InfoContainer: NOTHING,
    ServersContainer: NOTHING,
    // A link within the button that opens an operation can't be reached by itself: the button keeps the address.
    DeepLink:
      () =>
      ({ text }) =>
        React.createElement("span", null, text),
  },
});

const ATTRIBUTES = {
  ".examples-select-element": { "aria-label": "Example" },
  ".body-param__text": { "aria-label": "Body" },
  ".content-type": { "aria-label": "Media type" },
  ".close-modal": { "aria-label": "Close" },
  ".auth.authorize": { "aria-label": "Authorize" },
  "pre.microlight": { tabindex: "0" },
  // Several regions without a name can't be told apart.
  ".responses-table": { role: "table" },
  ".filter-container": { role: "search", "aria-label": "Filter operations" },
  ".modal-ux": { role: "dialog", "aria-modal": "true", "aria-label": "Available authorizations" },
};

/** Name what Swagger UI leaves without a name, and let the keyboard scroll examples; returns what ends it. */
export function nameControls(place) {
  const name = () => {
    for (const [selector, attributes] of Object.entries(ATTRIBUTES)) {
      for (const element of place.querySelectorAll(selector)) {
        for (const [attribute, value] of Object.entries(attributes)) {
          if (element.getAttribute(attribute) !== value) element.setAttribute(attribute, value);
        }
      }
    }
  };
  const observer = new MutationObserver(name);
  observer.observe(place, { childList: true, subtree: true });
  return () => observer.disconnect();
}
