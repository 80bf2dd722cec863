import type { Definition } from "./metrics.ts";
import { type Labels, type Registry } from "./registered.ts";
type Read = () => number;
export declare const show: (definition: Definition, labels: Labels, registry: Registry, read: Read) => () => void;
export {};
