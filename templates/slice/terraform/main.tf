# {{ slice.name | comment }}: one server with its firewall, private network and volume.

locals {
  name = "${var.slice_id}-${var.environment}"

  labels = merge(var.labels, {
    "managed-by"  = "vso"
    "slice"       = var.slice_id
    "environment" = var.environment
  })

  network_zones = {
    ash = "us-east"
    hil = "us-west"
    sin = "ap-southeast"
  }
  network_id = var.network_id == null ? one(hcloud_network.slice[*].id) : var.network_id

  # Each value reaches user-data.sh as one word in single quotes, whatever stands in it.
  user_data = {
    SLICE_ID      = var.slice_id
    REPOSITORY    = var.repository
    REFERENCE     = var.reference
    SLICE_FOLDER  = var.slice_folder
    START_COMMAND = coalesce(var.start_command, "exec python -m uvicorn service:app --host 0.0.0.0 --port ${var.port}")
    PORT          = tostring(var.port)
    VOLUME_DEVICE = var.volume_size > 0 ? one(hcloud_volume.data[*].linux_device) : ""
  }
  user_data_words = { for name, value in local.user_data : "WORD_${name}" => "'${replace(value, "'", "'\\''")}'" }
}

resource "hcloud_ssh_key" "slice" {
  for_each = var.ssh_public_keys

  name       = "${local.name}-${each.key}"
  public_key = each.value
  labels     = local.labels
}

resource "hcloud_network" "slice" {
  count = var.network_id == null ? 1 : 0

  name     = local.name
  ip_range = var.network_ip_range
  labels   = local.labels
}

resource "hcloud_network_subnet" "slice" {
  count = var.network_id == null ? 1 : 0

  network_id   = hcloud_network.slice[0].id
  type         = "cloud"
  network_zone = lookup(local.network_zones, var.location, "eu-central")
  ip_range     = cidrsubnet(var.network_ip_range, 8, 1)
}

resource "hcloud_firewall" "slice" {
  name   = local.name
  labels = local.labels

  rule {
    description = "the slice"
    direction   = "in"
    protocol    = "tcp"
    port        = tostring(var.port)
    source_ips  = var.allowed_ips
  }

  rule {
    description = "ping"
    direction   = "in"
    protocol    = "icmp"
    source_ips  = ["0.0.0.0/0", "::/0"]
  }

  dynamic "rule" {
    for_each = length(var.allowed_ssh_ips) > 0 ? ["22"] : []

    content {
      description = "SSH"
      direction   = "in"
      protocol    = "tcp"
      port        = rule.value
      source_ips  = var.allowed_ssh_ips
    }
  }
}

resource "hcloud_volume" "data" {
  count = var.volume_size > 0 ? 1 : 0

  name              = local.name
  size              = var.volume_size
  location          = var.location
  format            = "ext4"
  labels            = local.labels
  delete_protection = var.environment == "production"
}

resource "hcloud_server" "slice" {
  name               = local.name
  server_type        = var.server_type
  image              = var.image
  location           = var.location
  ssh_keys           = concat(var.ssh_keys, [for key in hcloud_ssh_key.slice : key.name])
  firewall_ids       = [hcloud_firewall.slice.id]
  labels             = local.labels
  backups            = var.environment == "production"
  delete_protection  = var.environment == "production"
  rebuild_protection = var.environment == "production"
  user_data          = templatefile("${path.module}/user-data.sh", local.user_data_words)

  public_net {
    ipv4_enabled = true
    ipv6_enabled = true
  }

  network {
    network_id = local.network_id
  }

  depends_on = [hcloud_network_subnet.slice]
}

resource "hcloud_volume_attachment" "data" {
  count = var.volume_size > 0 ? 1 : 0

  volume_id = hcloud_volume.data[0].id
  server_id = hcloud_server.slice.id
  automount = false
}
