//! What stands at a path: nothing, a file with these bytes, a link, something else. The journal compares by it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What stands at a path, as far as one must know it to tell whether somebody changed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Nothing.
    Nothing,
    /// A file, by the first 128 bits of its SHA-256 in hexadecimal.
    File(String),
    /// A symbolic link, by the hash of where it points. It is never followed.
    Link(String),
    /// A folder.
    Folder,
    /// A device, a pipe or a socket.
    Other,
}

impl Standing {
    /// A file with these bytes.
    #[must_use]
    pub fn file(bytes: &[u8]) -> Self {
        Self::File(digest(bytes))
    }
}

/// Says what stands at a path.
///
/// # Errors
/// When the disk does not say.
pub fn standing(path: &Path) -> io::Result<Standing> {
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Standing::Nothing);
        }
        Err(error) => return Err(error),
    };
    let kind = about.file_type();
    Ok(if kind.is_file() {
        Standing::file(&fs::read(path)?)
    } else if kind.is_symlink() {
        Standing::Link(digest(fs::read_link(path)?.as_os_str().as_encoded_bytes()))
    } else if kind.is_dir() {
        Standing::Folder
    } else {
        Standing::Other
    })
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..16])
}
