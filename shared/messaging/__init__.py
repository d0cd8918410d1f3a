"""Between the database and Kafka: envelope, outbox relay, consumer, guard, parking, topics."""
