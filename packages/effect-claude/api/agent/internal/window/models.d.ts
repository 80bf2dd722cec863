export declare const seesLess: (model: string) => boolean;
export declare const bindsThinking: (model: string) => boolean;
