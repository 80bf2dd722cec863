import type { Services } from "../../policies/internal/direct.ts";
import type { Source } from "../../telemetry/internal/hook.ts";
import type { Subject } from "./subject.ts";
export declare class Sources {
    private readonly known;
    private readonly services;
    constructor(services: Services);
    of({ host, provider }: Subject): Source | undefined;
    close(): void;
}
