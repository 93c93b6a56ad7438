use weir_distribution::{Part, Payload};
use weir_kube::Payload as KubePayload;

use super::places::{Placed, Places};
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

/// What the edge of the image API sends; nothing for a watch that finds no place.
pub(super) fn kube_pieces(payload: KubePayload, watches: &Places) -> Option<Pieces> {
    match payload {
        KubePayload::Bytes(bytes) => Some(Pieces::bytes(bytes)),
        KubePayload::Events(events) => watches.take().map(|place| Pieces::events(Placed::new(events, place))),
    }
}

/// What it sends instead.
pub(super) fn refusal(payload: KubePayload) -> Pieces {
    match payload {
        KubePayload::Bytes(bytes) => Pieces::bytes(bytes),
        KubePayload::Events(events) => Pieces::events(events),
    }
}
