// Bundles a sender with its SDK for React Native, which Node can't load as they are published.
import { fileURLToPath } from 'node:url';

const standIn = fileURLToPath(new URL('phone.mjs', import.meta.url));
export default {
  input: process.env.SENDER,
  platform: 'node',
  resolve: { alias: { 'react-native': standIn, '@react-native-async-storage/async-storage': standIn } },
  output: { file: process.env.BUNDLE, codeSplitting: false },
};
