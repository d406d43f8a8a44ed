"""The Odoo driver: bootstraps a lane's Odoo through Dokploy, and checks what answers there."""
