/// As it is used.
mod as_set {
    use tempfile::TempDir;
    use weir_metadata::Engine;

    async fn open() -> (Engine, TempDir) {
        crate::engine_with(|_| ())
    }

    weir_metadata::engine_suite!(open);
}

/// Without a cache every read asks the database.
mod without_cache {
    use tempfile::TempDir;
    use weir_metadata::Engine;

    async fn open() -> (Engine, TempDir) {
        crate::engine_with(|options| options.cache_bytes = 0)
    }

    weir_metadata::engine_suite!(open);
}
