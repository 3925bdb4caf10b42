// What React Native gives its SDKs, in Node: a phone with the app in the foreground, which stores in memory.
const kept = new Map();
const heard = { remove: () => {} };
const EVENTS = { addEventListener: () => heard };

export const AppState = { ...EVENTS, currentState: 'active' };
export const Dimensions = { ...EVENTS, get: () => ({ width: 390, height: 844, scale: 3, fontScale: 1 }) };
export const Linking = { ...EVENTS, getInitialURL: async () => null };
export const Platform = { OS: 'ios', Version: '18', constants: {}, select: (choices) => choices.ios ?? choices.default };
export const NativeModules = {};
export class NativeEventEmitter {
  addListener = () => heard;
}
export const TurboModuleRegistry = { get: () => null };
export const PixelRatio = { get: () => 3 };
export const StyleSheet = { create: (styles) => styles };
// Of components only the names are asked for.
export const [Animated, Easing, I18nManager, Keyboard, Modal, Pressable, ScrollView, Text, TextInput, View] = Array(10).fill({});

/** `@react-native-async-storage/async-storage`. */
const storage = {
  getItem: async (key) => kept.get(key) ?? null,
  setItem: async (key, value) => void kept.set(key, value),
  removeItem: async (key) => void kept.delete(key),
  getAllKeys: async () => [...kept.keys()],
};
export default storage;

const DELIVERY_MS = 40_000;
const taken = new Set();
const send = globalThis.fetch;

globalThis.fetch = async (...given) => {
  const request = new Request(...given);
  const sent = request.url + (await request.clone().text());
  const answer = await send(request);
  if (answer.ok) for (const mark of sent.match(/mark-[0-9a-z]+/g) ?? []) taken.add(mark);
  return answer;
};

/** Wait until the call of each mark was sent and answered as a success; some SDKs don't say when they are done. */
export async function delivered(calls, failed) {
  const marks = JSON.stringify(calls).match(/mark-[0-9a-z]+/g);
  const until = Date.now() + DELIVERY_MS;
  while (!marks.every((mark) => taken.has(mark)) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (!marks.every((mark) => taken.has(mark))) failed(`sent were ${[...taken]}`);
  process.exit();
}
