use weir_image_api::{ImageStream, PullSpec, TagEvent};

/// Under which names this registry is reached. They are not stored; what was pushed here shows up
/// under whatever they are at the moment.
#[derive(Debug)]
pub(crate) struct Hosts {
    pub(crate) internal: String,
    pub(crate) public: Option<String>,
}

impl Hosts {
    pub(crate) fn render(&self, stream: &mut ImageStream) {
        stream.render(&self.internal, self.public.as_deref());
    }

    pub(crate) fn render_event(&self, event: &mut TagEvent) {
        event.docker_image_reference = PullSpec::render(&event.docker_image_reference, &self.internal);
    }

    /// A pull spec in the form that is stored.
    pub(crate) fn store(&self, reference: &str) -> String {
        PullSpec::store(reference, &self.internal)
    }
}
