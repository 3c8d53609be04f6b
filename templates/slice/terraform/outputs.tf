output "ip" {
  description = {{ "Public IPv4 address of " ~ slice.name }}
  value       = hcloud_server.slice.ipv4_address
}

output "ipv6" {
  description = "Public IPv6 address"
  value       = hcloud_server.slice.ipv6_address
}

output "url" {
  description = "Where the slice answers; BASE_URL of its tests"
  value       = "http://${hcloud_server.slice.ipv4_address}:${var.port}"
}

output "server_id" {
  description = "Id of the server"
  value       = hcloud_server.slice.id
}
