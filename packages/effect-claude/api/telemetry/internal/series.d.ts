import type { Usage } from "../../errors/ClaudeError.ts";
import type { Result } from "./event.ts";
import type { Definition } from "./metrics.ts";
import { type Registry } from "./registered.ts";
export declare class ModelSeries {
    readonly model: string;
    private readonly registry;
    private readonly conventional;
    private readonly calls;
    private readonly attempts;
    private readonly waits;
    private readonly operations;
    private readonly tokens;
    private readonly others;
    constructor(model: string, provider: string, address: string, registry: Registry);
    private operation;
    called(operation: string, result: Result, seconds: number, usage: Usage | undefined): void;
    began(operation: string, seconds: number): void;
    attempted(result: Result, usage: Usage | undefined): void;
    waited(policy: string, seconds: number): void;
    count(definition: Definition, ...values: ReadonlyArray<string>): void;
}
