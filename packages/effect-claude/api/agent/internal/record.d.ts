import * as Effect from "effect/Effect";
import * as Result from "effect/Result";
import * as Schema from "effect/Schema";
import * as History from "../../conversation/History.ts";
import type { LimitName, Limits } from "../LoopGuard.ts";
import { JournalFailed, type ToolJournal } from "../ToolJournal.ts";
import { type Earlier } from "./earlier.ts";
import { type Answer, type Outcome, type Progress, RunTakenOver, type Spent } from "./outcomes.ts";
import type { Decision, Step } from "./step.ts";
type Journal = ToolJournal["Service"];
export declare class Recorder {
    private readonly lock;
    private readonly journal;
    private readonly run;
    private readonly by;
    place: number;
    constructor(journal: Journal, run: string, by: string, place: number);
    write(step: Step): Effect.Effect<void, JournalFailed | RunTakenOver>;
    put(texts: ReadonlyArray<string>): Effect.Effect<void, JournalFailed | RunTakenOver>;
}
export declare const open: (journal: {
    readonly put: (run: string, at: number, entry: string) => Effect.Effect<string, JournalFailed>;
    readonly read: (run: string) => Effect.Effect<ReadonlyArray<string>, JournalFailed>;
    readonly remove: (run: string) => Effect.Effect<void, JournalFailed>;
}, run: string, by: string) => Effect.Effect<{
    steps: ({
        readonly _tag: "Opened";
    } | {
        readonly _tag: "Started";
        readonly history: History.History;
        readonly request: {
            readonly [x: string]: Schema.Json;
        };
        readonly limits: Limits;
        readonly progress: {
            readonly turns: number;
            readonly toolCalls: number;
            readonly callsPerTool: {
                readonly [x: string]: number;
            };
            readonly pauses: number;
            readonly elapsed: number;
            readonly leaked: number;
            readonly memory: {
                readonly recent: readonly {
                    readonly call: string;
                    readonly result: string;
                }[];
                readonly warned: boolean;
            };
            readonly longest: number;
            readonly within?: {
                readonly usd: number;
                readonly inputTokens: number;
                readonly outputTokens: number;
            };
        };
        readonly spent: {
            readonly usd?: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        };
    } | {
        readonly _tag: "Asked";
        readonly progress: {
            readonly turns: number;
            readonly toolCalls: number;
            readonly callsPerTool: {
                readonly [x: string]: number;
            };
            readonly pauses: number;
            readonly elapsed: number;
            readonly leaked: number;
            readonly memory: {
                readonly recent: readonly {
                    readonly call: string;
                    readonly result: string;
                }[];
                readonly warned: boolean;
            };
            readonly longest: number;
            readonly within?: {
                readonly usd: number;
                readonly inputTokens: number;
                readonly outputTokens: number;
            };
        };
        readonly spent: {
            readonly usd?: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        };
    } | {
        readonly _tag: "Answered";
        readonly message: {
            readonly [x: string]: Schema.Json;
        };
        readonly progress: {
            readonly turns: number;
            readonly toolCalls: number;
            readonly callsPerTool: {
                readonly [x: string]: number;
            };
            readonly pauses: number;
            readonly elapsed: number;
            readonly leaked: number;
            readonly memory: {
                readonly recent: readonly {
                    readonly call: string;
                    readonly result: string;
                }[];
                readonly warned: boolean;
            };
            readonly longest: number;
            readonly within?: {
                readonly usd: number;
                readonly inputTokens: number;
                readonly outputTokens: number;
            };
        };
        readonly spent: {
            readonly usd?: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        };
    } | {
        readonly _tag: "Claimed";
        readonly id: string;
    } | {
        readonly _tag: "Settled";
        readonly id: string;
        readonly result: {
            readonly [x: string]: Schema.Json;
        };
        readonly fate: string;
        readonly within?: {
            readonly usd: number;
            readonly inputTokens: number;
            readonly outputTokens: number;
        };
    } | {
        readonly _tag: "Committed";
        readonly history: readonly Schema.Json[];
        readonly progress: {
            readonly turns: number;
            readonly toolCalls: number;
            readonly callsPerTool: {
                readonly [x: string]: number;
            };
            readonly pauses: number;
            readonly elapsed: number;
            readonly leaked: number;
            readonly memory: {
                readonly recent: readonly {
                    readonly call: string;
                    readonly result: string;
                }[];
                readonly warned: boolean;
            };
            readonly longest: number;
            readonly within?: {
                readonly usd: number;
                readonly inputTokens: number;
                readonly outputTokens: number;
            };
        };
        readonly spent: {
            readonly usd?: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        };
        readonly closed?: keyof Limits;
    } | {
        readonly _tag: "Fitted";
        readonly history: readonly Schema.Json[];
        readonly progress: {
            readonly turns: number;
            readonly toolCalls: number;
            readonly callsPerTool: {
                readonly [x: string]: number;
            };
            readonly pauses: number;
            readonly elapsed: number;
            readonly leaked: number;
            readonly memory: {
                readonly recent: readonly {
                    readonly call: string;
                    readonly result: string;
                }[];
                readonly warned: boolean;
            };
            readonly longest: number;
            readonly within?: {
                readonly usd: number;
                readonly inputTokens: number;
                readonly outputTokens: number;
            };
        };
        readonly spent: {
            readonly usd?: number;
            readonly usage: {
                readonly inputTokens: number;
                readonly cacheCreationTokens: number;
                readonly cacheReadTokens: number;
                readonly outputTokens: number;
                readonly estimated: boolean;
            };
        };
    } | {
        readonly _tag: "Resumed";
        readonly decisions: {
            readonly [x: string]: "approve" | "deny" | {
                readonly deny: string;
            };
        };
        readonly request: {
            readonly [x: string]: Schema.Json;
        };
        readonly limits: Limits;
        readonly history: readonly Schema.Json[];
    } | {
        readonly _tag: "Ended";
        readonly outcome: import("./outcomes.ts").Failed | import("./outcomes.ts").Finished | import("./outcomes.ts").NeedsApproval | import("./outcomes.ts").Refused | import("./outcomes.ts").Stopped | import("./outcomes.ts").Truncated;
    })[];
    recorder: Recorder;
}, JournalFailed, never>;
export declare const goOn: (journal: {
    readonly put: (run: string, at: number, entry: string) => Effect.Effect<string, JournalFailed>;
    readonly read: (run: string) => Effect.Effect<ReadonlyArray<string>, JournalFailed>;
    readonly remove: (run: string) => Effect.Effect<void, JournalFailed>;
}, run: string, by: string, from: number, step: {
    readonly _tag: "Opened";
} | {
    readonly _tag: "Started";
    readonly history: History.History;
    readonly request: {
        readonly [x: string]: Schema.Json;
    };
    readonly limits: Limits;
    readonly progress: {
        readonly turns: number;
        readonly toolCalls: number;
        readonly callsPerTool: {
            readonly [x: string]: number;
        };
        readonly pauses: number;
        readonly elapsed: number;
        readonly leaked: number;
        readonly memory: {
            readonly recent: readonly {
                readonly call: string;
                readonly result: string;
            }[];
            readonly warned: boolean;
        };
        readonly longest: number;
        readonly within?: {
            readonly usd: number;
            readonly inputTokens: number;
            readonly outputTokens: number;
        };
    };
    readonly spent: {
        readonly usd?: number;
        readonly usage: {
            readonly inputTokens: number;
            readonly cacheCreationTokens: number;
            readonly cacheReadTokens: number;
            readonly outputTokens: number;
            readonly estimated: boolean;
        };
    };
} | {
    readonly _tag: "Asked";
    readonly progress: {
        readonly turns: number;
        readonly toolCalls: number;
        readonly callsPerTool: {
            readonly [x: string]: number;
        };
        readonly pauses: number;
        readonly elapsed: number;
        readonly leaked: number;
        readonly memory: {
            readonly recent: readonly {
                readonly call: string;
                readonly result: string;
            }[];
            readonly warned: boolean;
        };
        readonly longest: number;
        readonly within?: {
            readonly usd: number;
            readonly inputTokens: number;
            readonly outputTokens: number;
        };
    };
    readonly spent: {
        readonly usd?: number;
        readonly usage: {
            readonly inputTokens: number;
            readonly cacheCreationTokens: number;
            readonly cacheReadTokens: number;
            readonly outputTokens: number;
            readonly estimated: boolean;
        };
    };
} | {
    readonly _tag: "Answered";
    readonly message: {
        readonly [x: string]: Schema.Json;
    };
    readonly progress: {
        readonly turns: number;
        readonly toolCalls: number;
        readonly callsPerTool: {
            readonly [x: string]: number;
        };
        readonly pauses: number;
        readonly elapsed: number;
        readonly leaked: number;
        readonly memory: {
            readonly recent: readonly {
                readonly call: string;
                readonly result: string;
            }[];
            readonly warned: boolean;
        };
        readonly longest: number;
        readonly within?: {
            readonly usd: number;
            readonly inputTokens: number;
            readonly outputTokens: number;
        };
    };
    readonly spent: {
        readonly usd?: number;
        readonly usage: {
            readonly inputTokens: number;
            readonly cacheCreationTokens: number;
            readonly cacheReadTokens: number;
            readonly outputTokens: number;
            readonly estimated: boolean;
        };
    };
} | {
    readonly _tag: "Claimed";
    readonly id: string;
} | {
    readonly _tag: "Settled";
    readonly id: string;
    readonly result: {
        readonly [x: string]: Schema.Json;
    };
    readonly fate: string;
    readonly within?: {
        readonly usd: number;
        readonly inputTokens: number;
        readonly outputTokens: number;
    };
} | {
    readonly _tag: "Committed";
    readonly history: readonly Schema.Json[];
    readonly progress: {
        readonly turns: number;
        readonly toolCalls: number;
        readonly callsPerTool: {
            readonly [x: string]: number;
        };
        readonly pauses: number;
        readonly elapsed: number;
        readonly leaked: number;
        readonly memory: {
            readonly recent: readonly {
                readonly call: string;
                readonly result: string;
            }[];
            readonly warned: boolean;
        };
        readonly longest: number;
        readonly within?: {
            readonly usd: number;
            readonly inputTokens: number;
            readonly outputTokens: number;
        };
    };
    readonly spent: {
        readonly usd?: number;
        readonly usage: {
            readonly inputTokens: number;
            readonly cacheCreationTokens: number;
            readonly cacheReadTokens: number;
            readonly outputTokens: number;
            readonly estimated: boolean;
        };
    };
    readonly closed?: keyof Limits;
} | {
    readonly _tag: "Fitted";
    readonly history: readonly Schema.Json[];
    readonly progress: {
        readonly turns: number;
        readonly toolCalls: number;
        readonly callsPerTool: {
            readonly [x: string]: number;
        };
        readonly pauses: number;
        readonly elapsed: number;
        readonly leaked: number;
        readonly memory: {
            readonly recent: readonly {
                readonly call: string;
                readonly result: string;
            }[];
            readonly warned: boolean;
        };
        readonly longest: number;
        readonly within?: {
            readonly usd: number;
            readonly inputTokens: number;
            readonly outputTokens: number;
        };
    };
    readonly spent: {
        readonly usd?: number;
        readonly usage: {
            readonly inputTokens: number;
            readonly cacheCreationTokens: number;
            readonly cacheReadTokens: number;
            readonly outputTokens: number;
            readonly estimated: boolean;
        };
    };
} | {
    readonly _tag: "Resumed";
    readonly decisions: {
        readonly [x: string]: "approve" | "deny" | {
            readonly deny: string;
        };
    };
    readonly request: {
        readonly [x: string]: Schema.Json;
    };
    readonly limits: Limits;
    readonly history: readonly Schema.Json[];
} | {
    readonly _tag: "Ended";
    readonly outcome: import("./outcomes.ts").Failed | import("./outcomes.ts").Finished | import("./outcomes.ts").NeedsApproval | import("./outcomes.ts").Refused | import("./outcomes.ts").Stopped | import("./outcomes.ts").Truncated;
}) => Effect.Effect<Recorder | undefined, JournalFailed, never>;
export interface Found {
    readonly history: History.History;
    readonly request: typeof Answer.Type;
    readonly limits: Limits;
    readonly progress: Progress;
    readonly spent: Spent;
    readonly message: typeof Answer.Type | undefined;
    readonly settled: ReadonlyMap<string, {
        readonly result: typeof Answer.Type;
        readonly fate: string;
    }>;
    readonly claimed: ReadonlySet<string>;
    readonly closed: LimitName | undefined;
    readonly earlier: Earlier | undefined;
    readonly decisions: Readonly<Record<string, Decision>>;
    readonly ended: Outcome | undefined;
}
export declare const fold: (steps: ReadonlyArray<Step>) => Result.Result<Found | undefined, History.InvalidHistory>;
export {};
