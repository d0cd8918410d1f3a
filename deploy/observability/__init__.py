"""What an operations team watches the suite with: scraping, rules, dashboards."""
