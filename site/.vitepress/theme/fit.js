// A plugin of Swagger UI: the page has its title already, and there is one server, its own.

const NOTHING = () => () => null;

export const fitForSite = { wrapComponents: { InfoContainer: NOTHING, ServersContainer: NOTHING } };
