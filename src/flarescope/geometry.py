"""Where a pixel lies on the Sun: the disk as seen from near Earth, and the CEA maps of active regions.

Pixels are (x, y) = (column, row), centres at integers, row 0 the southernmost. Places are Stonyhurst
longitude (west positive) and latitude (north positive) in degrees. Everything here is numpy and exact
perspective (the observer stands at a finite distance); the only approximation is the ephemeris.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from jaxtyping import Float

from flarescope.errors import BadOptionError
from flarescope.times import utc

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["SOLAR_RADIUS_AU", "SOLAR_RADIUS_MM", "CeaGrid", "Disk", "EarthView", "PlateScale", "earth_view"]

# The IAU's nominal radius (2015, resolution B3); HMI's headers use 696.0 Mm
SOLAR_RADIUS_MM = 695.7
SOLAR_RADIUS_AU = SOLAR_RADIUS_MM * 1e6 / 149_597_870_700.0
# Meeus turns the Sun by 360/25.38 = 14.1843972° a day, the IAU by 14.1844; the constant is his at 2000-01-01
# 12:00, plus 0.018° that bring it to the IAU's prime meridian (W0 = 84.176°)
ROTATION_AT_2000 = 22.997
ROTATION_PER_DAY = 14.1844
ARCSEC = 3600.0 * 180.0 / np.pi
Numbers: TypeAlias = "float | Float[np.ndarray, '...']"
Pair: TypeAlias = "tuple[Float[np.ndarray, '...'], Float[np.ndarray, '...']]"


def _sphere_to_degrees(west: Numbers, north: Numbers, toward: Numbers, tilt_degrees: float) -> Pair:
    """Longitude and latitude of unit vectors, seen from ``tilt_degrees`` above the equator."""
    sin, cos = np.sin(np.radians(tilt_degrees)), np.cos(np.radians(tilt_degrees))
    longitude = np.arctan2(west, toward * cos - north * sin)
    latitude = np.arcsin(np.clip(north * cos + toward * sin, -1.0, 1.0))
    return np.degrees(longitude), np.degrees(latitude)


def _degrees_to_sphere(
    longitude: Numbers, latitude: Numbers, tilt_degrees: float
) -> tuple[Numbers, Numbers, Numbers]:
    """The inverse of ``_sphere_to_degrees``: components toward west, north and the observer."""
    lon, lat, tilt = np.radians(longitude), np.radians(latitude), np.radians(tilt_degrees)
    equatorial = np.cos(lat) * np.cos(lon)
    north = np.sin(lat) * np.cos(tilt) - equatorial * np.sin(tilt)
    toward = np.sin(lat) * np.sin(tilt) + equatorial * np.cos(tilt)
    return np.cos(lat) * np.sin(lon), north, toward


@dataclass(frozen=True)
class Disk:
    """How does the whole Sun lie in the image?

    A point of the unit sphere at (X, Y, Z), toward west, north and the observer at distance d solar radii, is
    seen at x = x_centre + radius·√(d²−1)·X/(d−Z), y likewise: the gnomonic (TAN) image of a sphere at a
    finite distance. It is on the near side where Z ≥ 1/d.

    Attributes:
        x_centre, y_centre: where the disk's centre lies, in pixels; it may lie outside a cut-out.
        radius: of the limb, in pixels.
        b0: heliographic latitude of the disk's centre, degrees.
        l0: Carrington longitude of the disk's centre, degrees.
        distance_au: from the observer to the Sun's centre.
        roll: of solar north from the image's up, counter-clockwise, degrees; 0 in most archives' images.

    Raises:
        BadOptionError: a radius that is not positive, |b0| above 10°, or a distance outside 0.1 to 10 au.

    Example:
        >>> disk = Disk(255.5, 255.5, 200.0, b0=-6.0, l0=120.0, distance_au=0.986)
        >>> [round(float(value), 6) for value in disk.heliographic(255.5, 255.5)]
        [0.0, -6.0]

    Reference:
        Thompson 2006, A&A 449, 791, sections 3 and 7.
    """

    x_centre: float
    y_centre: float
    radius: float
    b0: float
    l0: float
    distance_au: float
    roll: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.x_centre, self.y_centre, self.radius, self.b0, self.l0, self.distance_au, self.roll)
        sound = self.radius > 0 and abs(self.b0) <= 10.0 and 0.1 <= self.distance_au <= 10.0
        if not (np.all(np.isfinite(numbers)) and sound):
            raise BadOptionError(
                f"A solar disk with radius {self.radius:g} px, B0 {self.b0:g}° and distance "
                f"{self.distance_au:g} au does not exist. "
                "Accepted: radius above 0, B0 within ±10°, distance 0.1 to 10 au."
            )

    @property
    def _distance(self) -> float:
        """From the observer to the Sun's centre, in solar radii."""
        return self.distance_au / SOLAR_RADIUS_AU

    @property
    def arcsec_per_pixel(self) -> float:
        """The plate scale at the disk's centre, from the limb's angular radius asin(R/D), R = 695.7 Mm."""
        return float(ARCSEC / np.sqrt(self._distance**2 - 1.0) / self.radius)

    @property
    def megametres_per_pixel(self) -> float:
        """Size of a pixel at the disk's centre, in the plane of the sky."""
        return SOLAR_RADIUS_MM / self.radius

    def _sphere(self, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Components toward west, north and the observer of the point seen at a pixel; NaN off the disk."""
        d = self._distance
        sin, cos = np.sin(np.radians(self.roll)), np.cos(np.radians(self.roll))
        right = (np.asarray(x, float) - self.x_centre) / self.radius
        up = (np.asarray(y, float) - self.y_centre) / self.radius
        squared = right**2 + up**2  # the limb is at 1
        with np.errstate(invalid="ignore"):
            tangent2 = squared / (d**2 - 1.0)
            toward = (d * tangent2 + np.sqrt(1.0 - squared)) / (1.0 + tangent2)
        scale = (d - toward) / np.sqrt(d**2 - 1.0)
        return (cos * right + sin * up) * scale, (cos * up - sin * right) * scale, toward

    def heliographic(self, x: Numbers, y: Numbers) -> Pair:
        """Which place on the Sun is seen at this pixel?

        Args:
            x, y: pixels, numbers or arrays of one shape.

        Returns:
            Stonyhurst longitude and latitude in degrees, NaN off the disk.
        """
        return _sphere_to_degrees(*self._sphere(x, y), self.b0)

    def pixel(self, longitude: Numbers, latitude: Numbers) -> Pair:
        """At which pixel is this place seen?

        Args:
            longitude, latitude: Stonyhurst degrees, numbers or arrays of one shape.

        Returns:
            x and y in pixels, NaN behind the limb.
        """
        west, north, toward = _degrees_to_sphere(longitude, latitude, self.b0)
        d = self._distance
        sin, cos = np.sin(np.radians(self.roll)), np.cos(np.radians(self.roll))
        scale = np.where(toward >= 1.0 / d, self.radius * np.sqrt(d**2 - 1.0) / (d - toward), np.nan)
        return (
            self.x_centre + (cos * west - sin * north) * scale,
            self.y_centre + (cos * north + sin * west) * scale,
        )

    def mask(self, shape: tuple[int, int]) -> Float[np.ndarray, "y x"]:
        """Which pixels of an image of this shape lie on the disk? A boolean array "y x"."""
        y, x = np.ogrid[: shape[0], : shape[1]]
        across = self.radius**2 - (y - self.y_centre) ** 2  # a column: the mask is the only large array
        return np.asarray((x - self.x_centre) ** 2 <= across)

    def mu(self, shape: tuple[int, int]) -> Float[np.ndarray, "y x"]:
        """How squarely is each pixel seen?

        The cosine of the angle between the surface's normal and the direction to the observer.

        1 at the disk's centre, 0 at the limb, NaN off the disk.
        """
        y, x = np.ogrid[: shape[0], : shape[1]]
        d, toward = self._distance, np.asarray(self._sphere(x, y)[2])
        cosine: Float[np.ndarray, "y x"] = (d * toward - 1.0) / np.sqrt(1.0 + d**2 - 2.0 * d * toward)
        return np.asarray(np.clip(cosine, 0.0, 1.0))


@dataclass(frozen=True)
class CeaGrid:
    """How does a cylindrical equal-area (CEA) map, such as a SHARP, lie on the Sun?

    The map's equator runs through its reference point (oblique where that is off the Sun's equator, as the
    WCS standard says): native longitude = degrees_per_pixel·(x − x_reference), and the sine of native
    latitude = degrees_per_pixel·(y − y_reference)·π/180; then a rotation brings the native origin to the
    reference point.

    Attributes:
        longitude, latitude: of the reference pixel, Stonyhurst degrees.
        x_reference, y_reference: the reference pixel.
        degrees_per_pixel: at the reference point, in both directions.

    Raises:
        BadOptionError: a number that is not finite, a latitude beyond ±90°, a scale outside 0 to 10°.

    Example:
        >>> grid = CeaGrid(-11.9, -21.1, 371.5, 188.0, 0.03)
        >>> [round(float(value), 6) for value in grid.heliographic(371.5, 188.0)]
        [-11.9, -21.1]

    Reference:
        Calabretta and Greisen 2002, A&A 395, 1077, sections 2.4 and 5.2.2; Sun 2013, arXiv 1309.2392.
    """

    longitude: float
    latitude: float
    x_reference: float
    y_reference: float
    degrees_per_pixel: float

    def __post_init__(self) -> None:
        numbers = (self.longitude, self.latitude, self.x_reference, self.y_reference, self.degrees_per_pixel)
        sound = abs(self.latitude) <= 90.0 and 0.0 < self.degrees_per_pixel <= 10.0
        if not (np.all(np.isfinite(numbers)) and sound):
            raise BadOptionError(
                f"A CEA map at latitude {self.latitude:g}° with {self.degrees_per_pixel:g}° a pixel does not "
                "exist. Accepted: latitude within ±90°, more than 0 and at most 10° a pixel."
            )

    @property
    def megametres_per_pixel(self) -> float:
        """Size of a pixel at the reference point, on the Sun's surface."""
        return float(np.radians(self.degrees_per_pixel)) * SOLAR_RADIUS_MM

    def heliographic(self, x: Numbers, y: Numbers) -> Pair:
        """Which place on the Sun does this pixel show?

        Args:
            x, y: pixels, numbers or arrays of one shape.

        Returns:
            Stonyhurst longitude (-180 to 180) and latitude in degrees; NaN outside the map of the sphere.
        """
        native = np.radians(self.degrees_per_pixel * (np.asarray(x, float) - self.x_reference))
        sine = np.radians(self.degrees_per_pixel * (np.asarray(y, float) - self.y_reference))
        sine = np.where((np.abs(sine) <= 1.0) & (np.abs(native) <= np.pi), sine, np.nan)
        cosine = np.sqrt(1.0 - sine**2)
        lon, lat = _sphere_to_degrees(cosine * np.sin(native), sine, cosine * np.cos(native), self.latitude)
        return _wrapped(lon + self.longitude), lat

    def pixel(self, longitude: Numbers, latitude: Numbers) -> Pair:
        """At which pixel does the map show this place? Stonyhurst degrees in, x and y out.

        Every place has one.
        """
        lon = np.asarray(longitude, float) - self.longitude
        west, north, toward = _degrees_to_sphere(lon, latitude, self.latitude)
        x = self.x_reference + np.degrees(np.arctan2(west, toward)) / self.degrees_per_pixel
        return x, self.y_reference + np.degrees(north) / self.degrees_per_pixel


@dataclass(frozen=True)
class PlateScale:
    """How large is a pixel of a flat patch that nobody can place on the Sun?

    ``megametres_per_pixel`` is measured in the plane of the sky at the distance of the Sun's centre.

    Raises:
        BadOptionError: a scale that is not above 0 and at most 100 Mm.
    """

    megametres_per_pixel: float

    def __post_init__(self) -> None:
        if not 0.0 < self.megametres_per_pixel <= 100.0:
            raise BadOptionError(
                f"A pixel of {self.megametres_per_pixel} Mm shows no active region. Accepted: 0 to 100 Mm."
            )


@dataclass(frozen=True)
class EarthView:
    """How the Sun faces the Earth.

    B0 and L0 in degrees, the distance in au, the angular radius in arcseconds.
    """

    b0: float
    l0: float
    distance_au: float
    angular_radius_arcsec: float


def earth_view(time: str | datetime) -> EarthView:
    """How does the Sun face the Earth at this time?

    A low-precision ephemeris, right to 0.02° and 0.0001 au between 1950 and 2050, seen from the Earth's
    centre. SDO circles the Earth at 42,000 km, so its own distance differs by up to 0.0003 au and its view
    by 0.02°.

    Args:
        time: UTC.

    Returns:
        B0 (the latitude of the disk's centre), L0 (its Carrington longitude, 0 to 360), the distance, and the
        angular radius asin(R/D) for R = 695.7 Mm.

    Raises:
        BadOptionError: the time cannot be read.

    Example:
        >>> view = earth_view("1992-10-13T00:00Z")
        >>> round(view.b0, 2), round(view.l0, 1)
        (5.99, 238.6)

    Reference:
        Meeus 1998, Astronomical Algorithms, chapters 25 and 29 (the example is 29.a).
    """
    days = _days_since_2000(utc(time))
    longitude, distance = _sun_from_earth(days)
    apparent = longitude - np.radians(20.4898 / 3600.0) / distance  # aberration
    inclination = np.radians(7.25)
    node = np.radians(
        73.6667 + 1.3958333 * (days + 54_787.0) / 36_525.0
    )  # the node moves with precession from 1850
    b0 = np.arcsin(np.sin(apparent - node) * np.sin(inclination))
    eta = np.arctan2(-np.sin(apparent - node) * np.cos(inclination), -np.cos(apparent - node))
    l0 = (np.degrees(eta) - (ROTATION_AT_2000 + ROTATION_PER_DAY * days)) % 360.0
    radius = np.arcsin(SOLAR_RADIUS_AU / distance) * ARCSEC
    return EarthView(float(np.degrees(b0)), float(l0), distance, float(radius))


def _days_since_2000(time: datetime) -> float:
    """Days of terrestrial time since 2000-01-01 12:00.

    UTC runs about 69 s behind it, to within 10 s since 1990.
    """
    return (time - utc("2000-01-01T12:00Z")).total_seconds() / 86_400.0 + 67.0 / 86_400.0


def _sun_from_earth(days: float) -> tuple[float, float]:
    """The Sun's true ecliptic longitude of date in radians, and its distance in au."""
    t = days / 36_525.0
    mean_longitude = np.radians(280.46646 + 36_000.76983 * t + 0.0003032 * t**2)
    anomaly = np.radians(357.52911 + 35_999.05029 * t - 0.0001537 * t**2)
    eccentricity = 0.016708634 - 0.000042037 * t
    centre = (
        (1.914602 - 0.004817 * t) * np.sin(anomaly)
        + (0.019993 - 0.000101 * t) * np.sin(2 * anomaly)
        + 0.000289 * np.sin(3 * anomaly)
    )
    true_anomaly = anomaly + np.radians(centre)
    distance = 1.000001018 * (1.0 - eccentricity**2) / (1.0 + eccentricity * np.cos(true_anomaly))
    return float(mean_longitude + np.radians(centre)), float(distance)


def _wrapped(degrees: Numbers) -> Float[np.ndarray, "..."]:
    """The same angle between -180 and 180."""
    return np.asarray((np.asarray(degrees) + 180.0) % 360.0 - 180.0)
