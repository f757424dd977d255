// Swagger UI from our own files. No inline script: the content security policy allows none.
const place = document.getElementById("reference");

SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  validatorUrl: null, // no request to any other host
  presets: [SwaggerUIBundle.presets.apis],
});
