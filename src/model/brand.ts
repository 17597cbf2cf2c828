/** Types that are told apart by a name. At run time such a value is what it was made of. */
declare const brand: unique symbol;

export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
