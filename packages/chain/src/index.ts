/** The contracts and their bindings are not built yet; no chain is loaded. */
export {}
