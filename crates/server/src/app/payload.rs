use weir_distribution::{Part, Payload};
use weir_kube::Payload as KubePayload;

use crate::body::Pieces;

/// What the `/v2/` edge sends, as pieces for the wire.
pub(super) fn pieces(payload: Payload) -> Pieces {
    match payload {
        Payload::Empty => Pieces::default(),
        Payload::Bytes(bytes) => Pieces::bytes(bytes),
        Payload::Blob(content) => Pieces::content(content),
        Payload::Parts(parts) => {
            let piece = |part| match part {
                Part::Bytes(bytes) => Pieces::bytes(bytes),
                Part::Blob(content) => Pieces::content(content),
            };
            Pieces::several(parts.into_iter().map(piece).collect())
        }
    }
}

/// What the edge of the image API sends.
pub(super) fn kube_pieces(payload: KubePayload) -> Pieces {
    match payload {
        KubePayload::Bytes(bytes) => Pieces::bytes(bytes),
        KubePayload::Events(events) => Pieces::events(events),
    }
}
