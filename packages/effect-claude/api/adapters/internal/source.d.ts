import type { Opened } from "../../client/internal/sdk.ts";
export declare const opened: (response: Response, stop: () => void) => Opened;
export declare const whole: (source: Opened) => Promise<Uint8Array<ArrayBuffer> | undefined>;
