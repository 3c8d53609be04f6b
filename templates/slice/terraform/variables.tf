variable "hcloud_token" {
  description = "Hetzner Cloud API token; null takes HCLOUD_TOKEN from the environment. It never stands in a committed file."
  type        = string
  default     = null
  sensitive   = true
}

variable "slice_id" {
  description = {{ "Identifier of the slice " ~ slice.name }}
  type        = string
  default     = {{ slice.id }}

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{0,62}$", var.slice_id))
    error_message = "A slice's identifier has lower case letters, digits and hyphens, 63 at most."
  }
}

variable "environment" {
  description = "Where it runs: test or production."
  type        = string
  default     = "test"

  validation {
    condition     = contains(["test", "production"], var.environment)
    error_message = "The environment is test or production."
  }
}

variable "server_type" {
  description = "Hetzner server type, such as cx23 (2 shared x86 cores), cax11 (Arm) or ccx13 (dedicated cores)."
  type        = string
  default     = {{ settings.test_server }}

  validation {
    condition     = can(regex("^(cx|cpx|cax|ccx)[0-9]+$", var.server_type))
    error_message = "Server types begin with cx, cpx, cax or ccx and end with a number."
  }
}

variable "image" {
  description = "Operating system image; user-data.sh needs apt and systemd."
  type        = string
  default     = {{ settings.image }}
}

variable "location" {
  description = "Hetzner location."
  type        = string
  default     = {{ settings.location }}

  validation {
    condition     = contains(["fsn1", "nbg1", "hel1", "ash", "hil", "sin"], var.location)
    error_message = "Locations are fsn1, nbg1, hel1, ash, hil and sin."
  }
}

variable "repository" {
  description = "Git repository that the server clones, as an https address."
  type        = string
{% if settings.repository %}
  default     = {{ settings.repository }}
{% endif %}

  validation {
    condition     = can(regex("^(https|ssh)://[^[:space:]'\"]+$", var.repository))
    error_message = "The repository is an https:// or ssh:// address."
  }
}

variable "reference" {
  description = "Git commit, tag or branch to run; a deployment pins the commit."
  type        = string
  default     = {{ settings.reference }}

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.reference))
    error_message = "A reference has letters, digits, dots, underscores, slashes and hyphens."
  }
}

variable "slice_folder" {
  description = "The slice's folder in the repository."
  type        = string
  default     = {{ settings.slices ~ "/" ~ slice.id }}
}

variable "start_command" {
  description = "What starts the slice in its folder; PORT and DATA_DIRECTORY are set. null runs service.py's ASGI app."
  type        = string
  default     = null
}

variable "port" {
  description = "TCP port that the slice listens on."
  type        = number
  default     = {{ settings.port }}

  validation {
    condition     = var.port > 0 && var.port < 65536
    error_message = "A port lies between 1 and 65535."
  }
}

variable "allowed_ips" {
  description = "CIDR ranges that may reach the slice's port."
  type        = list(string)
  default     = ["0.0.0.0/0", "::/0"]
}

variable "allowed_ssh_ips" {
  description = "CIDR ranges that may reach SSH; empty closes it."
  type        = list(string)
  default     = []
}

variable "ssh_keys" {
  description = "Names of SSH keys that the Hetzner project already has."
  type        = list(string)
  default     = []
}

variable "ssh_public_keys" {
  description = "Public SSH keys to add, by name."
  type        = map(string)
  default     = {}
}

variable "network_id" {
  description = "Private network to join; null makes one for this slice."
  type        = number
  default     = null
}

variable "network_ip_range" {
  description = "Address range of the private network that is made."
  type        = string
  default     = "10.0.0.0/16"
}

variable "volume_size" {
  description = "Gigabytes of the volume for the slice's data; 0 makes none."
  type        = number
  default     = {{ 10 if models else 0 }}

  validation {
    condition     = var.volume_size == 0 || var.volume_size >= 10
    error_message = "Hetzner volumes have at least 10 GB."
  }
}

variable "labels" {
  description = "More labels for everything that is made."
  type        = map(string)
  default     = {}
}
