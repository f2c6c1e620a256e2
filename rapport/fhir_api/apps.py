"""The record over HTTP as a Django app: for its jobs."""

from django.apps import AppConfig


class FhirApiConfig(AppConfig):
    """No models, no tables."""

    name = "rapport.fhir_api"
    label = "fhir_api"
    verbose_name = "The record over HTTP"
